import { Duration, Stack } from 'aws-cdk-lib'
import * as events from 'aws-cdk-lib/aws-events'
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets'
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager'
import { Construct } from 'constructs'
import type { probeEnvironment, Variables } from '../../services/contract/environment.ts'
import type { WorkerClass } from '../settings/environment.ts'
import { type FunctionSettings, ServiceFunction } from './service-function.ts'

export interface QueueProbeProps extends FunctionSettings {
  readonly queue: string
  readonly secret: ISecret
  readonly code: string
  readonly metricsNamespace: string
  readonly workers: readonly WorkerClass[]
  /** From one look to the next, in seconds. */
  readonly probeSeconds: number
}

/**
 * Reads the queues' figures from the broker, since Amazon MQ has none per queue for RabbitMQ 4. It runs each minute:
 * where it looks more often, it waits in between.
 */
export class QueueProbe extends Construct {
  readonly probe: ServiceFunction

  constructor(scope: Construct, id: string, props: QueueProbeProps) {
    super(scope, id)
    const wakeUp = props.workers.flatMap(({ name, wakeUpBacklog }) =>
      wakeUpBacklog === undefined ? [] : [{ class: name, backlogAbove: wakeUpBacklog }],
    )
    this.probe = new ServiceFunction(this, 'Probe', {
      ...props,
      description: 'Reads the queue figures each minute: scaling, dashboard and alarms see them',
      environment: {
        BROKER_URL: props.broker.amqpUrl,
        BROKER_MANAGEMENT_URL: props.broker.managementUrl,
        BROKER_SECRET_ARN: props.secret.secretArn,
        QUEUE_NAME: props.queue,
        METRICS_NAMESPACE: props.metricsNamespace,
        PROBE_SECONDS: String(props.probeSeconds),
        WAKE_UP: Stack.of(this).toJsonString(wakeUp),
      } satisfies Variables<typeof probeEnvironment>,
      secrets: [props.secret],
      brokerPorts: [443],
      // it must be over when the next one starts: services/probe/minute.ts begins its last look within 55 s
      timeout: Duration.seconds(props.probeSeconds < 60 ? 58 : 30),
    })
    // the rule's own setting below ends when it has handed the event over; Lambda would try twice more after a
    // failure
    this.probe.function.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: Duration.minutes(1) })
    new events.Rule(this, 'EachMinute', {
      description: 'Runs the queue probe',
      schedule: events.Schedule.rate(Duration.minutes(1)),
      targets: [
        // old figures are worth nothing: the next run comes sooner than a retry
        new LambdaFunction(this.probe.function, { retryAttempts: 0, maxEventAge: Duration.minutes(1) }),
      ],
    })
  }
}
