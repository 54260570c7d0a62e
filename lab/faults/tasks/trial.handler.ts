import { spawn } from 'node:child_process'
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'

/** The handler of the fault runs, copied into the services' tasks. It imports nothing of theirs. */

const { FAULTS_FOLDER: folder = '', FAULTS_WORKER: worker = '' } = process.env

interface Payload {
  /** How long to wait, and to compute, in milliseconds. */
  readonly ms: number
  readonly cpuMs: number
  readonly misbehave?: keyof typeof misbehaviours
  /** In so many tries, counted by the harness and not by the broker. */
  readonly tries?: number
  /** How many tasks it sends, which do nothing. */
  readonly children?: number
}

interface Context {
  readonly id: string
  readonly signal: AbortSignal
  send(type: string, payload: Payload): string
}

const misbehaviours = {
  /** Only says that it has begun. */
  announce: () => undefined,
  fail: () => {
    throw new Error('the handler fails')
  },
  permanent: () => {
    throw Object.assign(new Error('the handler can never succeed'), { name: 'PermanentTaskError' })
  },
  exit: () => process.exit(3),
  'throw-outside': () =>
    new Promise(() =>
      setImmediate(() => {
        throw new Error('thrown outside of any promise')
      }),
    ),
  leak: async () => {
    const kept: unknown[] = []
    for (;;) {
      for (let index = 0; index < 10; index += 1) kept.push(new Array(1_000).fill(kept.length))
      // V8 aborts the whole process when a loop that yields nowhere exhausts a thread's heap in one go
      await pause(0)
    }
  },
  block: () => {
    for (;;);
  },
  /** As a native module may. */
  abort: () => process.kill(process.pid, 'SIGABRT'),
  kill: () => process.kill(process.pid, 'SIGKILL'),
  /** Comes to nothing before the handler has returned, and to errors after it. */
  'leave-errors': () => {
    setTimeout(() => {
      throw new Error('thrown by a timer that was left behind')
    }, 50)
    setTimeout(() => void Promise.reject(new Error('rejected by what was left behind')), 60)
  },
  'leave-child': () => spawn('sleep', ['20'], { detached: true, stdio: 'ignore' }).unref(),
  /** Takes long, and heeds its signal. */
  linger: (signal: AbortSignal) => pause(3_600_000, undefined, { signal }),
} satisfies Record<string, (signal: AbortSignal) => unknown>

export default async function handle(
  { ms, cpuMs, misbehave, tries = Number.POSITIVE_INFINITY, children = 0 }: Payload,
  { id, signal, send }: Context,
): Promise<void> {
  const from = Date.now()
  appendFileSync(`${folder}/begun`, `${JSON.stringify({ id, worker, from })}\n`)
  if (misbehave && countTry(id) <= tries) await misbehaviours[misbehave](signal)
  for (const end = performance.now() + cpuMs; performance.now() < end; );
  await pause(ms, undefined, { signal })
  // every other task needs what is down
  if (id.charCodeAt(id.length - 1) % 2 === 1 && existsSync(`${folder}/downstream-is-down`))
    throw new Error('what the task needs is down')
  for (let child = 0; child < children; child += 1) send('trial', { ms: 0, cpuMs: 0 })
  // the last thing of all: whoever reads it knows that the work was done, whatever log and broker say
  appendFileSync(`${folder}/effects`, `${JSON.stringify({ id, worker, from, to: Date.now() })}\n`)
}

/** One line for each try, with the worker's name; gives their number. */
function countTry(id: string): number {
  const file = `${folder}/tries/${id}`
  appendFileSync(file, `${worker}\n`)
  return readFileSync(file, 'utf8').split('\n').length - 1
}
