import { type Management, manage } from '../amqp/management.ts'
import { oldestForTopology } from '../contract/broker-version.ts'

/** The broker's version: https://www.rabbitmq.com/docs/http-api-reference#get-apioverview */
export async function brokerVersion(broker: Management): Promise<string> {
  const { rabbitmq_version: version } = (await manage(
    broker,
    'GET',
    'overview?columns=rabbitmq_version',
  )) as {
    rabbitmq_version?: string
  }
  return version ?? 'of unknown version'
}

/** Says what to do about a broker whose version the topology cannot be applied to. */
export const versionRemedy = (version: string) =>
  `the broker is RabbitMQ ${version}, ${oldestForTopology} or later is needed, whose policies can delay retries: let Amazon MQ patch it, in its maintenance window or at once with aws mq reboot-broker, then deploy again`
