/** The oldest RabbitMQ whose quorum queues have delayed retry, which the work queue is built on. */
export const minVersion = '4.3'

/** Whether a version such as `4.3.6` or `4.10.0-rc.1` is recent enough. */
export function isRecentEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10))
  return major > 4 || (major === 4 && minor >= 3)
}
