import type { Supervised } from './supervise.ts'

/** A RabbitMQ installation that this machine can run: from the PATH, in containers, or from Debian's packages. */
export interface Runtime {
  /** One line: where the installation comes from. */
  readonly how: string
  /** Opens a room for the nodes of one broker. `ports` are all those that must be reachable from this machine. */
  open(ports: readonly number[]): Promise<Room>
}

/**
 * A place where the programs of one broker run: they share a data folder and a loopback address, and end with
 * this process at the latest.
 */
export interface Room {
  /** The data folder's path as the programs see it. */
  readonly folder: string
  /** The address on which listeners are reachable from this machine. */
  readonly listenAddress: string
  /** Starts a program that runs until it is ended. `name` is unique in the room. */
  start(name: string, command: readonly string[], env: Record<string, string>): Program
  /** Runs a program to its end and gives its standard output. */
  run(command: readonly string[], env: Record<string, string>): Promise<string>
  /** Ends all programs and removes the data. */
  close(): Promise<void>
}

/** A running program of a room. */
export interface Program extends Supervised {
  /** The process id of its Erlang machine on this machine; undefined where it has none (a container elsewhere). */
  pid(): Promise<number | undefined>
  /** Stops the Erlang machine without its noticing (SIGSTOP), or lets it go on (SIGCONT). */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): Promise<void>
}
