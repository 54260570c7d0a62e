import type { Benchmark } from './benchmark.ts'
import { dispatch } from './dispatch.ts'
import { views } from './views.ts'

/** All benchmarks, in the order in which they run. */
export const benchmarks: readonly Benchmark[] = [dispatch, views]
