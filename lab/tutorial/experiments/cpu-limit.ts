import type { ServiceOptions, ServiceProcess } from '../../../local/service-process.ts'

/** Something of this machine that limits how much CPU a process gets. */
export interface CpuLimit {
  /** What it is, in words. */
  readonly how: string
  /**
   * Starts a service that gets no more than so much CPU, 1 being a whole one. It ends with this process at the latest.
   * @throws Error when it cannot be limited
   */
  start(options: ServiceOptions, cpus: number): ServiceProcess
  /** Leaves nothing behind. The services have ended by then. */
  remove(): Promise<void>
}
