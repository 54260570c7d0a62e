import type { SabotagedCopy } from './copy.ts'
import { labelOf, type Sabotage, type Target } from './sabotage.ts'
import { type FileResult, runTests } from './tests.ts'

/** What a target said about a break. */
export interface Evidence {
  readonly target: string
  /** The test that failed first, and why; none where the break was not noticed. */
  readonly failures: readonly string[]
  readonly seconds: number
}

export interface Judgement {
  readonly name: string
  readonly file: string
  /** `unproven`: a test that is to notice it fails without it too. */
  readonly verdict: 'noticed' | 'survives' | 'unproven'
  readonly evidence: readonly Evidence[]
}

/**
 * Runs all targets on what is not broken, in one go.
 * @returns why each that cannot prove anything cannot, by its label: it fails anyway, or there is no test in it
 */
export async function failingAnyway(
  copy: SabotagedCopy,
  targets: readonly Target[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const results = await runTests(copy.folder, targets, { bail: false, signal })
  return new Map(
    targets.flatMap((target) => {
      const why = reasonAgainst(results.find(({ file }) => file === target.file))
      return why === undefined ? [] : [[labelOf(target), why]]
    }),
  )
}

function reasonAgainst(result: FileResult | undefined): string | undefined {
  if (!result) return 'it was not run'
  return result.failures[0] ?? (result.passed === 0 ? 'no test in it was run' : undefined)
}

/** Breaks the copy, runs the tests that must notice it, each until its first failure, and mends the copy. */
export async function judge(
  copy: SabotagedCopy,
  { noticedBy, ...sabotage }: Sabotage,
  failing: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<Judgement> {
  const { name, file } = sabotage
  const spoiled = noticedBy.map(labelOf).filter((label) => failing.has(label))
  if (spoiled.length > 0) {
    const evidence = spoiled.map((target) => ({ target, failures: [failing.get(target) ?? ''], seconds: 0 }))
    return { name, file, verdict: 'unproven', evidence }
  }
  const undo = copy.apply({ ...sabotage, noticedBy })
  try {
    const evidence: Evidence[] = []
    for (const target of noticedBy) {
      const startedAt = performance.now()
      const results = await runTests(copy.folder, [target], { bail: true, signal })
      const seconds = Math.round((performance.now() - startedAt) / 1_000)
      evidence.push({
        target: labelOf(target),
        failures: results.flatMap(({ failures }) => failures),
        seconds,
      })
    }
    const verdict = evidence.every(({ failures }) => failures.length > 0) ? 'noticed' : 'survives'
    return { name, file, verdict, evidence }
  } finally {
    undo()
  }
}
