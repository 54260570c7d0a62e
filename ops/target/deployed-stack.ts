/** What a work queue's stack says of itself. */
export interface Deployed {
  /** As commands are given it: see Target. */
  readonly name: string
  readonly environment: string
  /** Its own, and the one that it stands on. */
  readonly stacks: readonly string[]
  /** The default queue's. */
  readonly endpoint: string
  readonly queue: string
  readonly metricsNamespace: string
  readonly operatorFunction: string
  /** @throws Error where the stack was deployed before there was this output. */
  topologyFunction(): string
  readonly cluster: string
  /** By worker class. */
  readonly workerLogGroups: Readonly<Record<string, string>>
}
