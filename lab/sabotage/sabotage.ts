/** A test file that must fail, and what of it. */
export interface Target {
  readonly project: 'unit' | 'infra' | 'integration' | 'slow'
  readonly file: string
  /** Of the fault runs: these faults alone. */
  readonly faults?: readonly string[]
}

/** A change that breaks a promise, and the tests that must notice. */
export interface Sabotage {
  /** Unique, in kebab-case: what `--only` takes. */
  readonly name: string
  readonly file: string
  /** Stands in the file once. */
  readonly find: string
  readonly replace: string
  /** Each of them must fail. */
  readonly noticedBy: readonly Target[]
}

/** The fault runs, with this fault alone. */
export function fault(kind: string): Target {
  return { project: 'integration', file: 'lab/faults/faults.test.ts', faults: [kind] }
}

/** The faults of a cluster, with this one alone. */
export function clusterFault(kind: string): Target {
  return { project: 'slow', file: 'lab/faults/cluster.slow.test.ts', faults: [kind] }
}

export function integration(file: string): Target {
  return { project: 'integration', file: `test/integration/${file}.test.ts` }
}

export function infra(file: string): Target {
  return { project: 'infra', file: `test/infra/${file}.test.ts` }
}

export function unit(file: string): Target {
  return { project: 'unit', file: `test/${file}.test.ts` }
}

/** A target as one word, so that two that are the same are. */
export function labelOf({ file, faults }: Target): string {
  return faults ? `${file} (${faults.join(', ')})` : file
}
