import { readFile } from 'node:fs/promises'
import { amazonMqLimits } from './amazon-mq.ts'

/** Certificate files (PEM) for a node that is to listen with TLS only. */
export interface TlsFiles {
  readonly cert: string
  readonly key: string
  readonly ca: string
}

/** The ports of one node; all of them on the loopback address. */
export interface NodePorts {
  readonly amqp: number
  readonly management: number
  readonly distribution: number
}

/** What a node needs to know to start. */
export interface NodeSettings {
  readonly name: string
  readonly ports: NodePorts
  readonly epmdPort: number
  /** Folder for this node's data, as the node sees it. */
  readonly folder: string
  readonly listenAddress: string
  readonly cookie: string
  readonly admin: { readonly username: string; readonly password: string }
  /** Names of all nodes of its cluster; empty for a node that stands alone. */
  readonly cluster: readonly string[]
  readonly tls: TlsFiles | undefined
  readonly conf: readonly string[]
}

/** The program in which nodes find each other; Erlang would start one by itself, a daemon that outlives the node. */
export function epmd(port: number): string[] {
  return ['epmd', '-port', String(port), '-address', '127.0.0.1']
}

/** Environment of any Erlang program in the room: server and rabbitmqctl. */
export function erlangEnvironment(settings: NodeSettings): Record<string, string> {
  const loopback = '-kernel inet_dist_use_interface {127,0,0,1}'
  return {
    HOME: settings.folder,
    LANG: 'C.UTF-8',
    ERL_EPMD_PORT: String(settings.epmdPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_CRASH_DUMP_SECONDS: '0',
    ERL_FLAGS: '-start_epmd false',
    RABBITMQ_NODENAME: settings.name,
    // a file that is not there: the machine's own settings for its own broker are not for this one
    RABBITMQ_CONF_ENV_FILE: `${settings.folder}/none`,
    RABBITMQ_CTL_ERL_ARGS: loopback,
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: loopback,
  }
}

/** Environment of the server; {@link startScript} writes the files from it. */
export async function nodeEnvironment(settings: NodeSettings): Promise<Record<string, string>> {
  const { folder, tls } = settings
  const pem = async (file: string | undefined) => (file === undefined ? '' : await readFile(file, 'utf8'))
  return {
    ...erlangEnvironment(settings),
    RABBITMQ_CONFIG_FILE: `${folder}/rabbitmq.conf`,
    // neither are the machine's further settings, by default /etc/rabbitmq/conf.d
    RABBITMQ_CONFIG_FILES: `${folder}/conf.d`,
    RABBITMQ_ADVANCED_CONFIG_FILE: `${folder}/none.config`,
    RABBITMQ_ENABLED_PLUGINS_FILE: `${folder}/enabled_plugins`,
    RABBITMQ_MNESIA_BASE: `${folder}/data`,
    RABBITMQ_LOG_BASE: `${folder}/log`,
    RABBITMQ_LOGS: '-',
    RABBITMQ_DIST_PORT: String(settings.ports.distribution),
    // without this, several nodes on one machine bind their schedulers to the same cores
    RABBITMQ_SCHEDULER_BIND_TYPE: 'u',
    // the script becomes the Erlang machine instead of waiting for it
    RUNNING_UNDER_SYSTEMD: 'true',
    WARREN_CONF: configuration(settings),
    WARREN_COOKIE: settings.cookie,
    WARREN_CERT: await pem(tls?.cert),
    WARREN_KEY: await pem(tls?.key),
    WARREN_CA: await pem(tls?.ca),
  }
}

/** Writes a node's files from its environment, so that no path need exist both here and where it runs; starts it. */
export const startScript = `umask 077
mkdir -p "$HOME" && cd "$HOME" || exit
[ -e .erlang.cookie ] || { printf %s "$WARREN_COOKIE" >.erlang.cookie && chmod 400 .erlang.cookie; }
for file in CONF:rabbitmq.conf CERT:cert.pem KEY:key.pem CA:ca.pem; do
  eval "printf '%s\\n' \\"\\$WARREN_\${file%%:*}\\"" >"\${file#*:}"
done
echo '[rabbitmq_management].' >enabled_plugins
until epmd -names >/dev/null 2>&1; do sleep 0.05; done
unset WARREN_CONF WARREN_COOKIE WARREN_CERT WARREN_KEY WARREN_CA
exec rabbitmq-server`

function configuration({ listenAddress, ports, admin, cluster, tls, folder, conf }: NodeSettings): string {
  const listener = `${listenAddress}:${ports.amqp}`
  const secure = [
    'listeners.tcp = none',
    `listeners.ssl.1 = ${listener}`,
    `ssl_options.certfile = ${folder}/cert.pem`,
    `ssl_options.keyfile = ${folder}/key.pem`,
    `ssl_options.cacertfile = ${folder}/ca.pem`,
  ]
  const members = cluster.map(
    (node, index) => `cluster_formation.classic_config.nodes.${index + 1} = ${node}`,
  )
  return [
    ...(tls === undefined ? [`listeners.tcp.1 = ${listener}`] : secure),
    `management.tcp.ip = ${listenAddress}`,
    `management.tcp.port = ${ports.management}`,
    `default_user = ${admin.username}`,
    `default_pass = ${admin.password}`,
    'loopback_users = none',
    'disk_free_limit.absolute = 50MB',
    'log.console.level = warning',
    ...(members.length === 0
      ? []
      : ['cluster_formation.peer_discovery_backend = classic_config', ...members]),
    ...amazonMqLimits,
    ...conf,
  ].join('\n')
}
