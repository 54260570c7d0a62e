import type { Experiment } from '../experiments/catalogue.ts'
import type { Facts } from '../experiments/facts.ts'

/** One experiment that was run: what it is, what came of it, and what contradicts its claims. */
export interface Finding {
  readonly experiment: Experiment
  readonly facts: Facts
  readonly contradictions: readonly string[]
  /** How busy the machine was meanwhile; undefined when it was quiet. */
  readonly busy?: string | undefined
}

/** An experiment that this machine cannot run, and why. */
export interface NotRun {
  readonly experiment: Experiment
  readonly reason: string
}

/** All that a run came to. */
export interface Run {
  readonly broker: { readonly version: string; readonly how: string }
  /** Milliseconds that one equal task takes on each worker. */
  readonly taskMs: { readonly slow: number; readonly fast: number }
  readonly findings: readonly Finding[]
  readonly notRun: readonly NotRun[]
}

/** The content of .warren/report.json, and of `--json`: a format that others read. Times are whole milliseconds. */
export function reportOf({ broker, findings, notRun }: Run) {
  return {
    broker: { version: broker.version },
    experiments: findings.map(({ experiment: { id }, facts, contradictions, busy }) => ({
      id,
      tasks: facts.tasks,
      split: facts.split,
      makespanMs: Math.round(facts.makespanMs),
      // null in JSON when not all could have been done
      optimumMs: Math.round(facts.optimumMs),
      lost: facts.lost,
      duplicated: facts.duplicated,
      repeated: facts.repeated,
      contradictions,
      ...(busy === undefined ? {} : { busy }),
    })),
    notRun: notRun.map(({ experiment: { id }, reason }) => ({ id, reason })),
  }
}
