import * as z from 'zod'
import { fargateMemory, metricsPerAlarm, tasksPerService } from '../limits.ts'
import { choice, decimal, text, whole, withRule, yesOrNo } from './fields.ts'
import { minTasksSchedule } from './schedule.ts'

const cpuUnits = Object.keys(fargateMemory).map(Number)
const memory = Object.values(fargateMemory).flat()

const fields = z.strictObject({
  name: text(/^[a-z][a-z0-9-]{0,30}$/, 'use 1 to 31 of a-z 0-9 -, a letter first').describe(
    'Name of the class, of its ECS service, and in consumer tags and metrics.',
  ),
  cpu: choice(cpuUnits).describe('CPU units of a task: 1024 are one vCPU.'),
  memoryMiB: whole(Math.min(...memory), Math.max(...memory)).describe(
    'Memory of a task, a size that Fargate offers for its CPU units.',
  ),
  slots: whole(1, 250)
    .optional()
    .describe(
      'How many handlers run at the same time in one ECS task. Default: one for each whole vCPU, at least one.',
    ),
  slotsPerThread: whole(1, 250)
    .optional()
    .describe(
      'How many slots share a thread. Default: 1. Use more for handlers that wait for an API or a database: a thread costs some 11 MB. A handler that computes or blocks holds up the others in its thread.',
    ),
  architecture: choice(['ARM64', 'X86_64']).describe('The processor of the tasks. ARM64 costs a fifth less.'),
  minTasks: whole(0, tasksPerService).describe('Minimum number of ECS tasks. 0: none while nothing waits.'),
  maxTasks: whole(1, tasksPerService, 'to stop a class, take it off the list').describe(
    'Maximum number of ECS tasks.',
  ),
  schedule: minTasksSchedule.optional().describe('Other least tasks at times, for the working day.'),
  backlogPerSlot: decimal(
    1.5,
    Number.MAX_SAFE_INTEGER,
    'use at least 1.5: a slot that is busy while the queue is empty reads 1.0',
  ).describe(
    'The class gets more ECS tasks when more than this many tasks wait or run for each slot in service (over all classes). With a lower value tasks wait less and cost more: `npm run simulate -w lab` says how much.',
  ),
  wakeUpBacklog: whole(0)
    .optional()
    .describe(
      'Only with `minTasks: 0`: the first ECS task starts when the backlog exceeds this. Use at least 1 if another class never goes to zero.',
    ),
  spot: yesOrNo().describe(
    "Fargate Spot: about 70 % cheaper, but AWS may stop tasks with two minutes' notice. What they run is handed back uncounted.",
  ),
})

/** Slots of one task of a class. */
export const slotsOf = ({ cpu, slots }: { readonly cpu: number; readonly slots?: number | undefined }) =>
  slots ?? Math.max(1, Math.floor(cpu / 1024))

const withMemory = withRule(fields, fields.pick({ cpu: true, memoryMiB: true }).strip(), (worker, report) => {
  const memory = fargateMemory[worker.cpu]
  if (!memory?.includes(worker.memoryMiB))
    report(['memoryMiB'], `with ${worker.cpu} CPU units choose one of ${memory?.join(', ')}`)
})

/** Slots of one task of a class that share a thread. */
export const slotsPerThreadOf = ({ slotsPerThread }: { readonly slotsPerThread?: number | undefined }) =>
  slotsPerThread ?? 1

const threads = fields.pick({ cpu: true, slots: true, slotsPerThread: true }).strip()
const withSlots = withRule(withMemory, threads, (worker, report) => {
  const slots = slotsOf(worker)
  const perThread = slotsPerThreadOf(worker)
  const maxThreads = Math.min(64, Math.max(1, (worker.cpu / 1024) * 4))
  if (perThread > slots) report(['slotsPerThread'], `use 1 to slots, which is ${slots}`)
  else if (Math.ceil(slots / perThread) > maxThreads)
    report(
      ['slots'],
      `use 1 to ${maxThreads * perThread}, since ${worker.cpu / 1024} vCPU carries up to ${maxThreads} threads; for handlers that wait, raise slotsPerThread`,
    )
})

const tasks = fields.pick({ minTasks: true, maxTasks: true }).strip()
const withTasks = withRule(withSlots, tasks, ({ minTasks, maxTasks }, report) => {
  if (minTasks > maxTasks) report(['minTasks'], `use 0 to maxTasks, which is ${maxTasks}`)
})

const times = tasks.extend({ schedule: z.array(z.object({ minTasks: z.number() })) })
const withSchedule = withRule(withTasks, times, ({ minTasks, maxTasks, schedule }, report) => {
  // a class whose own minTasks is above 0 has no alarm that wakes it: at zero it would stay there
  for (const [index, time] of schedule.entries())
    if (time.minTasks < minTasks || time.minTasks > maxTasks)
      report(
        ['schedule', index, 'minTasks'],
        `use minTasks to maxTasks, which are ${minTasks} and ${maxTasks}`,
      )
})

/** One ECS service. All classes take from the same queue; what a class is given depends only on how fast it is done. */
export const workerClass = withSchedule

/** The alarm NoProgress looks at one metric of each class, and at one of the queue. */
const maxClasses = metricsPerAlarm - 1
const tooMany = `use up to ${maxClasses} worker classes: an alarm looks at a metric of each and at the queue's, and CloudWatch takes ${metricsPerAlarm}`
const names = z.array(z.object({ name: z.string() }))
const differentNames = withRule(
  z.array(workerClass, 'use a list of worker classes').min(1, 'add a worker class').max(maxClasses, tooMany),
  names,
  (workers, report) => {
    for (const [index, { name }] of workers.entries())
      if (workers.findIndex((other) => other.name === name) < index)
        report([index, 'name'], 'another class has this name: choose one of its own')
  },
)

const wakeUp = z.array(fields.pick({ minTasks: true, wakeUpBacklog: true }).strip())

/** The classes that compete for one queue. */
export const workerClasses = withRule(differentNames, wakeUp, (workers, report) => {
  const min = workers.every(({ minTasks }) => minTasks === 0) ? 0 : 1
  for (const [index, { minTasks, wakeUpBacklog }] of workers.entries()) {
    const path = [index, 'wakeUpBacklog']
    if (minTasks > 0 && wakeUpBacklog !== undefined) report(path, 'leave it out, since minTasks is above 0')
    if (minTasks === 0 && (wakeUpBacklog ?? -1) < min)
      report(path, `minTasks is 0, so give the backlog above which the first task starts: ${min} or more`)
  }
})
