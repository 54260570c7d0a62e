import type { Frame } from '../frame.ts'
import { clockText } from './figures.ts'

/** When each schedule sent its last task and sends its next one, where there are some. */
export function SchedulesView({ schedules }: Pick<Frame, 'schedules'>) {
  if (schedules.length === 0) return null
  return (
    <section aria-labelledby="schedules">
      <h2 id="schedules">Sent by the clock</h2>
      <table class="waits">
        <caption class="unseen">When each schedule sends tasks</caption>
        <thead>
          <tr>
            <th scope="col">schedule</th>
            <th scope="col">last</th>
            <th scope="col">next</th>
          </tr>
        </thead>
        <tbody>
          {schedules.map(({ schedule, last, next }) => (
            <tr key={schedule}>
              <th scope="row">{schedule}</th>
              <td>{clockText(last)}</td>
              <td>{clockText(next)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
