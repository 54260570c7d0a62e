/**
 * The oldest RabbitMQ that takes the topology: the policy keys `delayed-retry-*`, which 4.3.0 does not know
 * (https://github.com/rabbitmq/rabbitmq-server/issues/16394), and passive declares without the right to configure
 * (https://github.com/rabbitmq/rabbitmq-server/pull/16272).
 */
export const oldestForTopology = '4.3.1'

/**
 * The oldest RabbitMQ that keeps what the work queue promises: before 4.3.3 a quorum queue's leader could commit too
 * early, and at-least-once dead lettering could stick: https://github.com/rabbitmq/rabbitmq-server/releases/tag/v4.3.3
 */
export const minVersion = '4.3.3'

/** Whether a version such as `4.3.6` or `4.10.0-rc.1` is that one or a later one; what is no version is not. */
export function isAtLeast(version: string, oldest: string): boolean {
  const [have, want] = [version, oldest].map((text) =>
    text.split('.').map((part) => Number.parseInt(part, 10)),
  ) as [number[], number[]]
  for (const [index, wanted] of want.entries()) {
    const found = have[index] ?? 0
    if (found !== wanted) return found > wanted
  }
  return true
}
