import type { Broker } from '../../local/broker/broker.ts'
import type { BundlesFolder } from '../../local/bundles.ts'
import type { Peers } from './peers/peers.ts'

/** One figure of a benchmark: a row of `.warren/bench.json`. All of a row was measured in one run, in turn. */
export interface Result {
  /** `<benchmark>/<case>`, such as `dispatch/1-slot`: others find it by that. */
  readonly id: string
  readonly unit: string
  /** Whether more of it is better. */
  readonly better: 'more' | 'less'
  readonly ours: number
  /** What this machine can reach: measured beside `ours`, or computed from what was. */
  readonly limit?: number
  /** The same figure of others on the same work, by name and version. */
  readonly peers: Readonly<Record<string, number>>
  /** What the project promises of this figure, and whether this run bears it out. */
  readonly claim?: { readonly text: string; readonly holds: boolean }
}

/** Points of one line of a plot. */
export interface Series {
  readonly name: string
  readonly points: readonly (readonly [x: number, y: number])[]
}

export interface Plot {
  readonly title: string
  readonly x: string
  readonly y: string
  readonly series: readonly Series[]
  readonly logX?: boolean
  readonly logY?: boolean
}

/** A drawing that says by itself what it shows. */
export interface Picture {
  /** Of its file: `bench-<name>.svg`. */
  readonly name: string
  readonly title: string
  readonly svg: string
}

/** What a part of a benchmark came to. */
export interface Measured {
  readonly results: readonly Result[]
  readonly plots?: readonly Plot[]
  readonly pictures?: readonly Picture[]
  /** What the figures mean, or how far they can be trusted: a sentence each, kept beside them. */
  readonly remarks?: readonly string[]
}

/** What all benchmarks of a run have in common. */
export interface Setting {
  readonly broker: Omit<Broker, 'stop'>
  readonly bundles: BundlesFolder
  /** Those that are installed; undefined when the run is without peers. */
  readonly peers: Peers | undefined
  /** A line that stays. */
  readonly say: (line: string) => void
  /** A line that the next one replaces. */
  readonly show: (line: string) => void
  readonly signal: AbortSignal
}

export interface Benchmark {
  /** What `--only` takes. */
  readonly id: string
  /** One sentence each, for the help, the page and the docs. */
  readonly measures: string
  readonly limit: string
  readonly peers: string
  /** Gives each part as soon as it is measured, so that what fails later takes nothing of it. */
  run(setting: Setting): AsyncGenerator<Measured, void>
}
