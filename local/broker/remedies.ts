import { minVersion } from '../../services/contract/broker-version.ts'

/** What the remedies depend on. */
export interface System {
  readonly platform: NodeJS.Platform
  /** Its name, such as `Debian GNU/Linux 12 (bookworm)`. */
  readonly distribution: string
  readonly isDebianLike: boolean
  readonly isRoot: boolean
}

/** The one error for a machine without any source of a broker: every reason, and what helps on this system. */
export function noBroker(system: System, reasons: readonly string[]): Error {
  const list = (lines: readonly string[]) => lines.map((line) => `\n  - ${line}`).join('')
  return new Error(
    `no RabbitMQ ${minVersion} could be found or started here:${list(reasons)}\n` +
      `any of these helps on ${system.distribution}:${list(remedies(system))}`,
  )
}

function remedies({ platform, isDebianLike, isRoot }: System): string[] {
  const own =
    'set WARREN_AMQP_URL and WARREN_MANAGEMENT_URL to your own broker; Warren creates a vhost of its own on it'
  if (platform === 'darwin') return ['brew install rabbitmq', 'start Docker Desktop, colima or OrbStack', own]
  const asRoot = [
    'run the same command as root: sudo npm start (RabbitMQ is then installed in a cache folder)',
  ]
  return [
    'start Docker, and make sure that `docker info` works as this user (group docker)',
    ...(isDebianLike && !isRoot ? asRoot : []),
    `install rabbitmq-server ${minVersion} or later so that it is on the PATH`,
    own,
  ]
}
