/** A test file that must fail, and what of it. */
export interface Target {
  readonly project: 'unit' | 'infra' | 'integration' | 'slow'
  readonly file: string
  /** Of test/faults/faults.test.ts: these faults alone. */
  readonly faults?: string
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

/** The fault runs, with these faults alone. */
export function faults(...kinds: readonly string[]): Target {
  return { project: 'integration', file: 'test/faults/faults.test.ts', faults: kinds.join(',') }
}

export function integration(file: string): Target {
  return { project: 'integration', file: `test/integration/${file}.test.ts` }
}
