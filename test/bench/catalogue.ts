import type { Benchmark } from './benchmark.ts'
import { dispatch } from './dispatch.ts'
import { fairness } from './fairness.ts'
import { life, million } from './life.ts'
import { producer } from './producer.ts'
import { scale } from './scale.ts'
import { views } from './views.ts'

/** All benchmarks, in the order in which they run. */
export const benchmarks: readonly Benchmark[] = [dispatch, fairness, producer, life, million, scale, views]
