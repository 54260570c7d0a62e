import type { Frame } from '../frame.ts'

/** When each schedule sends its next task, where there are some. */
export function SchedulesView({ schedules }: Pick<Frame, 'schedules'>) {
  if (schedules.length === 0) return null
  return (
    <section aria-labelledby="schedules">
      <h2 id="schedules">Sent by the clock</h2>
      <table class="waits">
        <caption class="unseen">When each schedule sends its next task</caption>
        <thead>
          <tr>
            <th scope="col">schedule</th>
            <th scope="col">next</th>
          </tr>
        </thead>
        <tbody>
          {schedules.map(({ schedule, at }) => (
            <tr key={schedule}>
              <th scope="row">{schedule}</th>
              <td>{new Date(at).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
