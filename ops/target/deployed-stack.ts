/** What a work queue's stack says of itself. */
export interface Deployed {
  readonly name: string
  /** Its own, and the one that it stands on. */
  readonly stacks: readonly string[]
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
