import type { Broker } from '../../local/broker/broker.ts'

/** The variables that make a broker the user's own for a command: it then works in a vhost that it makes and removes. */
export function asUsersBroker({ amqpUrl, managementUrl, admin }: Omit<Broker, 'stop'>): NodeJS.ProcessEnv {
  const url = new URL(managementUrl)
  url.username = admin.username
  url.password = admin.password
  return { WARREN_AMQP_URL: amqpUrl, WARREN_MANAGEMENT_URL: url.href }
}
