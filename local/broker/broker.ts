import type { TlsFiles } from './node-settings.ts'

/** A RabbitMQ 4.3 that can be used until it is stopped. */
export interface Broker {
  readonly version: string
  /** One line: where it came from. */
  readonly how: string
  /** amqp://host:port, or amqps:// with TLS; without credentials. */
  readonly amqpUrl: string
  /** http://host:port, without credentials. */
  readonly managementUrl: string
  /** `/` on private nodes, `warren-<random>` on a broker of the user's. */
  readonly vhost: string
  readonly admin: { readonly username: string; readonly password: string }
  /** Removes what was made: the private node with its data, or the vhost. */
  stop(): Promise<void>
}

/** A private node: a broker that can be made to fail. */
export interface BrokerNode extends Broker {
  /** Its Erlang node name. */
  readonly name: string
  /** Runs rabbitmqctl on it and gives what that printed; takes about two seconds. */
  ctl(...args: string[]): Promise<string>
  /** The process id of its Erlang machine; undefined while it is down, and where it runs in a container. */
  pid(): Promise<number | undefined>
  /**
   * Ends it at once, as SIGKILL does; its data stays. RabbitMQ 4.3.6 forgets the confirmed messages of a quorum queue
   * that was declared within about three seconds before: {@link flush} first, where a test's queue is that young.
   */
  kill(): Promise<void>
  /** Has it write to disk which quorum queues it has, which it does by itself within about three seconds. */
  flush(): Promise<void>
  /** Starts it again on the same ports with the same data, and waits until it serves. */
  start(): Promise<void>
  /** Makes it stand still with its connections open (SIGSTOP), as a machine does that hangs. */
  pause(): Promise<void>
  /** Lets it go on after {@link pause}. */
  continue(): Promise<void>
}

/** Where a broker comes from and who is told. */
export interface BrokerOptions {
  /** Where to look for brokers, programs and the cache. Default: this process's environment. */
  readonly env?: NodeJS.ProcessEnv
  /** Called with a line for the user when something takes more than a moment. Default: standard error. */
  readonly progress?: (line: string) => void
}

/** How a private node differs from the usual one. */
export interface NodeOptions extends BrokerOptions {
  /** Listen for AMQP with TLS only. */
  readonly tls?: TlsFiles
  /** More lines of rabbitmq.conf. */
  readonly conf?: readonly string[]
}
