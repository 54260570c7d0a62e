import type { QueueLookFrame } from '../look.ts'
import { number, waitText } from './figures.ts'

const percent = (part: number, all: number) => (all === 0 ? '–' : `${Math.round((100 * part) / all)} %`)

/** The worker classes: how many slots each has, what they did, and whether that is their share. */
export function ClassesView({ classes, windowSeconds }: Pick<QueueLookFrame, 'classes' | 'windowSeconds'>) {
  const total = (key: 'done' | 'capacity') => classes.reduce((sum, one) => sum + one[key], 0)
  const [done, capacity] = [total('done'), total('capacity')]
  return (
    <section aria-labelledby="slots">
      <h2 id="slots" tabIndex={-1}>
        Slots by worker class
      </h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is to be reached with the keyboard */}
      <section class="scroll" aria-label="Slots by worker class, scrolls" tabIndex={0}>
        <table class="waits">
          <caption class="unseen">
            Slots, tasks done and waits by worker class, in the last {windowSeconds / 60} minutes
          </caption>
          <thead>
            <tr>
              {[
                'class',
                'tasks in ECS',
                'slots',
                'done',
                'share',
                'of vCPUs',
                'failed',
                'waited p50',
                'p95',
              ].map((name) => (
                <th scope="col" key={name}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {classes.map((one) => (
              <tr key={one.name}>
                <th scope="row">{one.name}</th>
                <td>{one.desired === null ? one.running : `${one.running} of ${one.desired}`}</td>
                <td>{number.format(one.slots)}</td>
                <td>{number.format(one.done)}</td>
                <td>{percent(one.done, done)}</td>
                <td>{percent(one.capacity, capacity)}</td>
                <td class={one.failed > 0 ? 'wrong' : ''}>{number.format(one.failed)}</td>
                <td>{waitText(one.waitMs?.p50 ?? null)}</td>
                <td>{waitText(one.waitMs?.p95 ?? null)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {classes.map(({ name, deployment }) =>
        deployment === null ? null : (
          <p key={name} class={deployment.startsWith('FAILED') ? 'wrong' : 'muted'}>
            deployment of {name}: {deployment}
          </p>
        ),
      )}
      <p class="muted">tasks and waits of the last {windowSeconds / 60} minutes</p>
    </section>
  )
}
