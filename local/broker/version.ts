import { isAtLeast, minVersion } from '../../services/contract/broker-version.ts'

/** Whether a version such as `4.3.6` or `4.10.0-rc.1` is recent enough. */
export const isRecentEnough = (version: string) => isAtLeast(version, minVersion)

/** What to say of one that is not, after its name. */
export const tooOld = (version: string) =>
  `is RabbitMQ ${version}, and Warren needs ${minVersion} or later: before, a queue could lose tasks with its leader, and dead letters could stick`
