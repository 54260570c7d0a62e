import { randomBytes } from 'node:crypto'
import { type Management, ManagementError, manage } from '../../services/amqp/management.ts'
import { brokerVersion } from '../../services/topology/version.ts'
import type { Broker } from './broker.ts'
import { accepts } from './ports.ts'
import { ownVhost } from './user-vhost.ts'
import { isRecentEnough, tooOld } from './version.ts'

/** Where the user's broker is, as read from the environment. */
export interface UserBrokerSettings {
  /** Without credentials and path. */
  readonly amqpUrl: URL
  readonly management: Management
}

/**
 * Reads WARREN_AMQP_URL and WARREN_MANAGEMENT_URL; undefined when neither is set. The administrator's credentials stand
 * in the latter, or in the former.
 *
 * @throws an Error that names the variable; it never has a credential in it
 */
export function readUserBroker(env: NodeJS.ProcessEnv): UserBrokerSettings | undefined {
  const amqp = env['WARREN_AMQP_URL']
  const management = env['WARREN_MANAGEMENT_URL']
  if (!amqp && !management) return undefined
  const amqpUrl = readUrl('WARREN_AMQP_URL', amqp, ['amqp:', 'amqps:'])
  const managementUrl = readUrl('WARREN_MANAGEMENT_URL', management, ['http:', 'https:'])
  const { username, password } = managementUrl.username === '' ? amqpUrl : managementUrl
  if (username === '' || password === '')
    throw new Error(
      'WARREN_MANAGEMENT_URL has no credentials: put those of an administrator in it, as http://user:password@host:15672',
    )
  return {
    amqpUrl,
    management: {
      url: `${managementUrl.protocol}//${managementUrl.host}${managementUrl.pathname.replace(/\/+$/, '')}`,
      username: decodeURIComponent(username),
      password: decodeURIComponent(password),
    },
  }
}

function readUrl(name: string, value: string | undefined, protocols: readonly string[]): URL {
  const example = `${protocols[0]}//user:password@host:port`
  if (!value)
    throw new Error(`${name} is not set: WARREN_AMQP_URL and WARREN_MANAGEMENT_URL go together (${example})`)
  // what does not parse is not printed: it may have a password in it
  if (!URL.canParse(value)) throw new Error(`${name} is not a URL: write it as ${example}`)
  const url = new URL(value)
  if (!protocols.includes(url.protocol))
    throw new Error(`${name} must begin with ${protocols.join('// or ')}//, got ${url.protocol}//`)
  return url
}

/**
 * The user's broker, in a vhost made for this use and removed at the end, also when this process is killed; undefined
 * when the environment names none.
 */
export async function userBroker(env: NodeJS.ProcessEnv): Promise<Broker | undefined> {
  const settings = readUserBroker(env)
  if (settings === undefined) return undefined
  const { amqpUrl, management } = settings
  const version = await checkManagement(management)
  await checkAmqp(amqpUrl)
  const vhost = `warren-${randomBytes(6).toString('hex')}`
  const stop = await ownVhost(management, vhost)
  return {
    version,
    how: `the broker of WARREN_AMQP_URL, ${amqpUrl.host}, in the vhost ${vhost}`,
    amqpUrl: `${amqpUrl.protocol}//${amqpUrl.host}`,
    managementUrl: management.url,
    vhost,
    admin: { username: management.username, password: management.password },
    stop,
  }
}

async function checkManagement(management: Management): Promise<string> {
  const { tags } = (await reach(management, () => manage(management, 'GET', 'whoami'))) as {
    tags?: string | string[]
  }
  if (!tags?.includes('administrator'))
    throw new Error(
      `the user ${management.username} is not an administrator of WARREN_MANAGEMENT_URL's broker, ` +
        'so it cannot create a vhost: rabbitmqctl set_user_tags <user> administrator',
    )
  const version = await reach(management, () => brokerVersion(management))
  if (!isRecentEnough(version))
    throw new Error(
      `WARREN_MANAGEMENT_URL's broker ${tooOld(version)}: upgrade it, ` +
        'or unset the two variables to get a private broker',
    )
  return version
}

/** Says what to do where the management API cannot be used. */
async function reach<Result>(management: Management, ask: () => Promise<Result>): Promise<Result> {
  try {
    return await ask()
  } catch (cause) {
    if (cause instanceof ManagementError && cause.status === 401)
      throw new Error(
        `WARREN_MANAGEMENT_URL's broker refuses the user ${management.username}: check name and password; ` +
          "RabbitMQ lets the user guest in from the broker's own machine only",
        { cause },
      )
    const reason =
      cause instanceof Error ? ((cause.cause as { code?: string })?.code ?? cause.message) : cause
    throw new Error(
      `WARREN_MANAGEMENT_URL (${management.url}) cannot be used (${reason}): is the broker up, and its management ` +
        'plugin enabled?',
      { cause },
    )
  }
}

async function checkAmqp(url: URL): Promise<void> {
  const port = Number(url.port || (url.protocol === 'amqps:' ? 5671 : 5672))
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (!(await accepts(host, port, 10_000)))
    throw new Error(
      `WARREN_AMQP_URL (${url.protocol}//${url.host}) cannot be reached: does the broker listen there?`,
    )
}
