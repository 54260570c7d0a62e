import { orAborted } from '../../ops/command-line/lifecycle.ts'
import type { Benchmark, Picture, Plot, Result, Setting } from './benchmark.ts'

/** One benchmark of a run. */
export interface Chapter {
  readonly benchmark: Benchmark
  readonly results: readonly Result[]
  readonly plots: readonly Plot[]
  readonly pictures: readonly Picture[]
  readonly remarks: readonly string[]
  /** Whether it failed before its end. */
  readonly failed: boolean
}

/**
 * Runs benchmarks one after the other. One that fails keeps what it has measured, and the next one runs.
 * @param save given all that there is, whenever there is more
 */
export async function perform(
  chosen: readonly Benchmark[],
  setting: Setting,
  save: (chapters: readonly Chapter[]) => Promise<void>,
): Promise<readonly Chapter[]> {
  const { say } = setting
  const ended: Chapter[] = []
  for (const benchmark of chosen) {
    say(`${benchmark.id}: ${benchmark.measures}`)
    let chapter: Chapter = { benchmark, results: [], plots: [], pictures: [], remarks: [], failed: false }
    const add = async ({ results, plots, pictures, remarks, failed }: Partial<Chapter>) => {
      for (const remark of remarks ?? []) say(`  ${remark}`)
      chapter = {
        benchmark,
        results: [...chapter.results, ...(results ?? [])],
        plots: [...chapter.plots, ...(plots ?? [])],
        pictures: [...chapter.pictures, ...(pictures ?? [])],
        remarks: [...chapter.remarks, ...(remarks ?? [])],
        failed: failed ?? false,
      }
      await save([...ended, chapter])
    }
    try {
      await each(benchmark, setting, add)
    } catch (error) {
      setting.signal.throwIfAborted()
      await add({ remarks: [`did not get to its end: ${reasonOf(error)}`], failed: true })
    }
    ended.push(chapter)
  }
  return ended
}

async function each(
  benchmark: Benchmark,
  setting: Setting,
  add: (part: Partial<Chapter>) => Promise<void>,
): Promise<void> {
  const parts = benchmark.run(setting)
  for (;;) {
    const { value, done } = await orAborted(parts.next(), setting.signal)
    if (done) return
    await add(value)
  }
}

/** What came first: what failed while that was cleared away says less. */
export function reasonOf(error: unknown): string {
  if (error instanceof SuppressedError) return reasonOf(error.suppressed)
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'AbortError' && error.cause !== undefined) return reasonOf(error.cause)
  return error.cause === undefined ? error.message : `${error.message} (${reasonOf(error.cause)})`
}
