import type { ScheduleTimes } from './page/frame.ts'
import { beside, type LogRecord, type ServiceProcess, startService } from './service-process.ts'

/**
 * Starts what sends scheduled tasks, and prints when each is due next. Where there is no schedule, it ends at once.
 * @param onNext told of the same
 */
export function startScheduler(
  endpoint: string,
  onNext: (times: ScheduleTimes) => void,
  onRecord: (record: LogRecord) => void,
): ServiceProcess {
  const scheduler = startService({
    command: [beside('scheduler-main.ts'), endpoint],
    variables: {},
    onRecord(record) {
      if (record.msg !== 'scheduled') return onRecord(record)
      const [schedule, next] = [String(record['schedule']), String(record['next'])]
      onNext({ schedule, next: Date.parse(next) })
      console.log(`schedule ${schedule}: next at ${next}`)
    },
  })
  let stopping = false
  void scheduler.ended.then((how) => {
    // it comes back with the next change
    if (how !== 'status 0' && !stopping) console.error(`the schedules do not run: ${how}`)
  })
  return {
    ...scheduler,
    stop() {
      stopping = true
      return scheduler.stop()
    },
  }
}
