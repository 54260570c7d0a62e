import type { Publishing } from '../services/contract/publishing.ts'

/** What a build is to know of its sources. */
export interface BuiltFrom {
  /** The task types of these sources. */
  readonly types: readonly Publishing[]
  /** Changes when the producer's code does. */
  readonly producerDigest: string
}

/** What a build prints. */
export type Printed = BuiltFrom | { readonly problem: string }
