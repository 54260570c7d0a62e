/**
 * Limits that both sides of the queue keep.
 * The broker's are Amazon MQ's defaults for RabbitMQ 4.x:
 * https://docs.aws.amazon.com/amazon-mq/latest/developer-guide/rabbitmq-resource-limits-configuration.html
 */
export const limits = {
  /**
   * Largest message that the broker takes, in bytes. A larger one closes the channel, with all that is in flight on it.
   */
  messageBytes: 524_288,
  /** Most consumers on one channel. */
  consumersPerChannel: 10,
  /**
   * Largest HTTP body, in bytes. Lambda takes an event of 6 MB, and a body grows by up to a third as JSON text or
   * base64 in the event. API Gateway refuses larger ones, without a problem document.
   */
  bodyBytes: 4 * 1024 * 1024,
  /**
   * Highest priority of a task, as of RabbitMQ 4.3's quorum queues: 32 levels, always on. A higher one counts as this.
   * https://www.rabbitmq.com/docs/quorum-queues#priorities
   */
  priority: 31,
  /** Longest delay of a task, in seconds: seven days. The ladder of services/contract/route.ts reaches 2^20 − 1. */
  delaySeconds: 604_800,
  /** Longest that a ledger keeps records, in days. */
  ledgerDays: 365,
  /** Most tasks in one request, and of what one try of a handler sends. */
  tasksPerRequest: 1_000,
  /** Most bytes that one try of a handler sends: they stand in the worker's memory, outside its threads' heaps. */
  sentBytes: 128 * 1024 * 1024,
} as const
