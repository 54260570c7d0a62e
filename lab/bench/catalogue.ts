import type { Benchmark } from './benchmark.ts'
import { dispatch } from './dispatch.ts'
import { enqueue } from './enqueue.ts'
import { fairness } from './fairness.ts'
import { jobs } from './jobs.ts'
import { ledger } from './ledger.ts'
import { life } from './life.ts'
import { million } from './million.ts'
import { producer } from './producer.ts'
import { scale } from './scale.ts'
import { tenants } from './tenants.ts'
import { utilisation } from './utilisation.ts'
import { views } from './views.ts'
import { waiting } from './waiting.ts'

/** All benchmarks, in the order in which they run. */
export const benchmarks: readonly Benchmark[] = [
  dispatch,
  waiting,
  ledger,
  enqueue,
  jobs,
  utilisation,
  fairness,
  tenants,
  producer,
  life,
  million,
  scale,
  views,
]
