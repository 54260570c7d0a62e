import type { Fault } from './fault.ts'
import type { Account } from './ledger.ts'
import { lookMs, type Recovery } from './recovery.ts'
import type { Exit } from './seats.ts'

/** All that a run came to. */
export interface Run {
  readonly seed: number
  readonly minutes: number
  readonly account: Account
  readonly recoveries: readonly Recovery[]
  /** Faults at which the system did not do what it must. */
  readonly failures: readonly string[]
  /** Lines of output that held a secret. */
  readonly leaks: readonly string[]
  readonly exits: readonly Exit[]
  /** Resident memory of the workers that lived through at least 2,000 tasks: when last seen, divided by that after the first 1,000. */
  readonly memoryGrowth: readonly number[]
  /** Tasks of which the ledger says something else than what became of them; none where there is no ledger. */
  readonly statesWrong?: readonly string[]
  /** Share of the slots' time that went into tries after a failure, from 0 to 1. */
  readonly retriesShare: number
}

/** The content of .warren/faults.json. */
export function reportOf(run: Run) {
  const { seed, minutes, account, recoveries } = run
  const { attempted, confirmed, done, deadLettered, lost, unexpected, repeats } = account
  const unexplained = repeats.filter(({ because }) => because === undefined)
  return {
    seed,
    minutes,
    faults: countBy(recoveries, ({ kind }) => kind),
    attempted,
    confirmed,
    done,
    deadLettered,
    lost: lost.length,
    unexpected: unexpected.length,
    doneTwice: repeats.length,
    doneTwiceUnexplained: unexplained.length,
    statesWrong: run.statesWrong?.length ?? 0,
    details: {
      lost: lost.slice(0, 20),
      unexpected: unexpected.slice(0, 20),
      unexplained: unexplained.slice(0, 20),
      statesWrong: run.statesWrong?.slice(0, 20) ?? [],
      repeats: repeats.map(({ id, from, because }) => ({ id, at: new Date(from).toISOString(), because })),
      doneTwiceBecauseOf: countBy(repeats, ({ because = 'nothing known' }) => because),
      deadThoughHealthy: account.wronglyDead.length,
      doneByLogOnly: account.doneByLogOnly.length,
      crashes: crashes(run),
      failures: run.failures,
      outputWithSecrets: run.leaks.length,
      memoryGrowth: Math.max(0, ...run.memoryGrowth),
      workersWeighed: run.memoryGrowth.length,
      retriesShare: run.retriesShare,
      slowestRecoveries: slowest(recoveries),
      longestFaults: longest(recoveries),
      recoveriesWithinTenSeconds: recoveries.filter(({ seconds = 1e9 }) => seconds <= 10).length,
      recoveriesWithoutReason: recoveries.filter(tooSlow).length,
      recoverySecondsOfFaultsAlone: alone(recoveries),
    },
  }
}

/** What must not be, one line each; empty when all held. */
export function violations(run: Run): string[] {
  const { lost, unexpected, repeats, doneByLogOnly, wronglyDead } = run.account
  const counts: readonly (readonly [number, string])[] = [
    [lost.length, 'tasks lost'],
    [unexpected.length, 'tasks that nobody sent'],
    [repeats.filter(({ because }) => because === undefined).length, 'repeats that no fault explains'],
    [doneByLogOnly.length, 'tasks done by the log that no handler did'],
    [wronglyDead.length, 'dead letters whose handler would have succeeded'],
    [run.statesWrong?.length ?? 0, 'tasks with a wrong state in the ledger'],
    [run.leaks.length, 'lines of output with a secret'],
    [crashes(run).length, 'processes ended by themselves'],
    [run.memoryGrowth.filter((growth) => growth > 1.1).length, 'workers that hold a tenth more memory'],
    // a shorter run may have no worker that lived long enough
    [run.minutes >= 10 && run.memoryGrowth.length === 0 ? 1 : 0, 'run in which no worker could be weighed'],
  ]
  return [
    ...counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`),
    ...run.failures,
  ]
}

/** Faults after which the rate was not back within ten seconds, though nothing else struck and their kind needs no longer. */
export function lateRecoveries({ recoveries }: Run): string[] {
  return recoveries.filter(tooSlow).map(({ kind, seconds, before }) => {
    const took = seconds === undefined ? 'never' : `only after ${seconds} s`
    return `after ${kind} the rate was ${took} back at 0.9 of the ${before} tasks per second before`
  })
}

/** Why it may take long, by kind of fault. */
export function reasonsOf(faults: readonly Fault[]): Record<string, string> {
  return Object.fromEntries(
    faults.flatMap(({ kind, recovery }) => (recovery ? [[kind, recovery.because]] : [])),
  )
}

/** A worker that reconnects while its user has no access is to end with 1: its next process may have it. */
const isRefused = ({ how, said }: Exit) => how === 1 && said.join().includes('access refused')

/** How else than by SIGKILL a process may end because of a fault, by its kind. */
const mayEnd: Readonly<Record<string, (exit: Exit) => boolean>> = {
  'credentials-rotated': isRefused,
  'user-deleted': isRefused,
  'permissions-revoked': isRefused,
  'handler-aborts-its-process': ({ how }) => how === 'SIGABRT',
  // before Node listens to signals
  'worker-stopped-at-its-start': ({ how }) => how === 'SIGTERM',
}

function crashes({ exits, recoveries }: Run): Exit[] {
  const isExplained = (exit: Exit) =>
    recoveries.some(({ kind, from, to }) => mayEnd[kind]?.(exit) && from <= exit.at && exit.at <= to)
  return exits.filter((exit) => exit.how !== 0 && exit.how !== 'SIGKILL' && !isExplained(exit))
}

function tooSlow({ seconds, because }: Recovery): boolean {
  return (seconds === undefined || seconds > 10) && because === undefined
}

/** What each kind took, in seconds, where nothing else struck before that was seen. */
function alone(recoveries: readonly Recovery[]): Record<string, number> {
  const withoutOthers = recoveries.filter((each) =>
    recoveries.every((other) => other === each || other.to < each.from || other.from > each.to + lookMs),
  )
  const known = withoutOthers.flatMap(({ kind, seconds }) =>
    seconds === undefined ? [] : [[kind, seconds] as const],
  )
  return Object.fromEntries(known.toSorted())
}

function longest(recoveries: readonly Recovery[]) {
  return recoveries
    .toSorted((a, b) => b.to - b.from - (a.to - a.from))
    .slice(0, 10)
    .map(({ kind, from, to }) => ({ kind, seconds: (to - from) / 1_000 }))
}

function slowest(recoveries: readonly Recovery[]) {
  return recoveries
    .toSorted((a, b) => (b.seconds ?? 1e9) - (a.seconds ?? 1e9))
    .slice(0, 10)
    .map(({ kind, seconds = null, before, because = null }) => ({ kind, seconds, before, because }))
}

function countBy<Item>(items: readonly Item[], key: (item: Item) => string): Record<string, number> {
  const groups = Map.groupBy(items, key)
  return Object.fromEntries([...groups].map(([name, { length }]) => [name, length]).toSorted())
}
