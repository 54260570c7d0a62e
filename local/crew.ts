import type { TaskLogLine } from '../services/contract/log.ts'
import { type CrewClass, crewClasses, type Mode, maxWorkers, modes, sleepFactors } from './crew-settings.ts'
import { type LogRecord, startService } from './service-process.ts'
import type { WorkQueue } from './work-queue.ts'
import { startWorker, type WorkerProcess } from './worker-process.ts'

/** One worker, from its start to its end. */
export interface Member {
  readonly class: CrewClass
  readonly mode: Mode
}

/** What the workers do, told as it happens. */
export interface CrewWatcher {
  task(line: TaskLogLine, by: Member): void
  /** Every other line of their logs, and the folder of the build that wrote it. */
  record(record: LogRecord, by: Member, bundle: string): void
  /** What else they print. */
  text?(line: string, by: Member): void
  /** @param how it ended; undefined when it was asked to */
  ended(by: Member, how: string | undefined): void
}

/** Workers that come and go. A worker that leaves finishes its task first, and nobody but `stop` waits for that. */
export interface Crew {
  readonly mode: Mode
  /** How many there are of a class, those that leave not counted. */
  count(name: CrewClass): number
  /** Starts one more, up to six of a class. */
  add(name: CrewClass): void
  /** Lets the newest of a class go. */
  remove(name: CrewClass): void
  /** Puts workers of another mode in the place of all. */
  switchTo(mode: Mode): void
  /** Puts workers of another bundle in the place of all, and waits until these consume. */
  replace(bundle: string): Promise<void>
  stop(): Promise<void>
}

/**
 * Starts a slow and a fast worker of a bundle, in mode `fair`.
 * @param inspectPort where a debugger attaches: to the only worker then, unless more are added
 */
export function startCrew(
  bundle: string,
  queue: WorkQueue,
  watcher: CrewWatcher,
  inspectPort?: number,
): Crew {
  let mode: Mode = 'fair'
  let current = bundle
  let members: (Member & WorkerProcess)[] = []
  const leaving = new Set<Promise<void>>()

  const start = (name: CrewClass) => {
    const by: Member = { class: name, mode }
    const { ack, prefetch } = modes[mode]
    const bundle = current
    const settings = { name, ack, prefetch, sleepFactor: sleepFactors[name] }
    const nodeOptions = inspectPort === undefined || members.length > 0 ? [] : inspecting(inspectPort)
    const process = startWorker(
      bundle,
      queue,
      settings,
      (line) => watcher.task(line, by),
      (record) => watcher.record(record, by, bundle),
      (options) => startService({ ...options, nodeOptions, onText: (line) => watcher.text?.(line, by) }),
    )
    const member = { ...process, ...by }
    members.push(member)
    // one that ends by itself stays on the list: `replace` restarts it
    void process.ended.then((how) => watcher.ended(by, members.includes(member) ? how : undefined))
  }
  const dismiss = (gone: readonly WorkerProcess[]) => {
    for (const member of gone) {
      const left = member.stop().finally(() => leaving.delete(left))
      leaving.add(left)
    }
  }
  const startAnew = async () => {
    const before = members
    members = []
    // the port is free when the one before has ended
    if (inspectPort !== undefined) {
      dismiss(before)
      await Promise.all(leaving)
    }
    for (const member of before) start(member.class)
    if (inspectPort === undefined) dismiss(before)
  }
  const of = (name: CrewClass) => members.filter((member) => member.class === name)

  for (const name of inspectPort === undefined ? crewClasses : (['fast'] as const)) start(name)
  return {
    get mode() {
      return mode
    },
    count: (name) => of(name).length,
    add(name) {
      if (of(name).length < maxWorkers) start(name)
    },
    remove(name) {
      const gone = of(name).slice(-1)
      members = members.filter((member) => !gone.includes(member))
      dismiss(gone)
    },
    switchTo(other) {
      if (other === mode) return
      mode = other
      void startAnew()
    },
    async replace(bundle) {
      current = bundle
      await startAnew()
      // one that ends before it consumes is told of by then
      await Promise.allSettled(members.map(({ consuming }) => consuming))
    },
    async stop() {
      dismiss(members)
      members = []
      await Promise.all(leaving)
    },
  }
}

/** Handlers run in worker threads: VS Code and WebStorm find those by themselves, Chrome only with the second option. */
const inspecting = (port: number) => [`--inspect=127.0.0.1:${port}`, '--experimental-worker-inspection']
