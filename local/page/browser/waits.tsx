import type { Frame, GroupWait } from '../frame.ts'
import { clockText, number, waitText } from './figures.ts'

/** What tasks waited by what decides who goes first, once there is a difference to see. */
export function WaitsView({ waits: { priorities, tenants } }: Pick<Frame, 'waits'>) {
  if (priorities.length < 2 && tenants.length === 0) return null
  return (
    <section aria-labelledby="waits">
      <h2 id="waits">Who waited how long</h2>
      <WaitTable what="priority" groups={priorities} />
      {tenants.length > 0 && <WaitTable what="tenant" groups={tenants} />}
    </section>
  )
}

function WaitTable({ what, groups }: { readonly what: string; readonly groups: readonly GroupWait[] }) {
  return (
    <table class="waits">
      <caption class="unseen">Tasks done and how long they had waited, by {what}</caption>
      <thead>
        <tr>
          <th scope="col">{what}</th>
          <th scope="col">done</th>
          <th scope="col">waited p50</th>
          <th scope="col">p95</th>
        </tr>
      </thead>
      <tbody>
        {groups.map(({ name, done, p50, p95 }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{number.format(done)}</td>
            <td>{waitText(p50)}</td>
            <td>{waitText(p95)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** Why tries have failed, once some have. */
export function FailuresView({ reasons }: Pick<Frame, 'reasons'>) {
  if (reasons.length === 0) return null
  return (
    <section aria-labelledby="failures">
      <h2 id="failures">Why tries failed</h2>
      <table class="waits">
        <caption class="unseen">Failed tries by reason</caption>
        <thead>
          <tr>
            <th scope="col">reason</th>
            <th scope="col">tries</th>
            <th scope="col">last</th>
          </tr>
        </thead>
        <tbody>
          {reasons.map(({ reason, count, lastAt }) => (
            <tr key={reason}>
              <th scope="row">{reason}</th>
              <td>{number.format(count)}</td>
              <td>{clockText(lastAt)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
