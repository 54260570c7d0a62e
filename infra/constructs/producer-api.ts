import { Duration, Fn, Stack } from 'aws-cdk-lib'
import * as apigateway from 'aws-cdk-lib/aws-apigateway'
import * as apigatewayv2 from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import * as logs from 'aws-cdk-lib/aws-logs'
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager'
import { Construct } from 'constructs'
import { openApiFile } from '../../services/contract/documents/file.ts'
import type { producerEnvironment, Variables } from '../../services/contract/environment.ts'
import type { tracingEnvironment } from '../../services/contract/tracing.ts'
import type { ProducerSettings } from '../settings/environment.ts'
import { allowLedger, type LedgerSettings, ledgerVariables } from './ledger.ts'
import { type FunctionSettings, ServiceFunction } from './service-function.ts'
import type { Tracing } from './tracing.ts'

export interface ProducerApiProps extends FunctionSettings {
  readonly queue: string
  readonly secret: ISecret
  readonly code: string
  readonly metricsNamespace: string
  readonly settings: ProducerSettings
  /** The queues beside its own that it publishes to. */
  readonly moreQueues: readonly string[]
  /** @default none */
  readonly ledger?: LedgerSettings | undefined
  /** @default no spans */
  readonly tracing?: Tracing | undefined
}

/** HTTP in front of the queue. Callers sign with SigV4 and need `execute-api:Invoke`; nobody else gets in. */
export class ProducerApi extends Construct {
  readonly endpoint: string
  readonly api: apigatewayv2.HttpApi
  readonly producer: ServiceFunction
  readonly accessLogs: logs.LogGroup

  constructor(scope: Construct, id: string, props: ProducerApiProps) {
    super(scope, id)
    const { settings, tracing, ledger } = props
    this.producer = new ServiceFunction(this, 'Producer', {
      ...props,
      description: 'Publishes tasks and answers when the broker has confirmed them',
      environment: {
        BROKER_URL: props.broker.amqpUrl,
        QUEUE_NAME: props.queue,
        BROKER_SECRET_ARN: props.secret.secretArn,
        METRICS_NAMESPACE: props.metricsNamespace,
        ...(props.moreQueues.length > 0 ? { MORE_QUEUES: JSON.stringify(props.moreQueues) } : {}),
        ...ledgerVariables(ledger),
        ...tracing?.ofFunction('producer'),
      } satisfies Variables<typeof producerEnvironment> & Variables<typeof tracingEnvironment>,
      secrets: [props.secret],
      brokerPorts: [5671],
      // two tries of 5 s each, connections included, and what a cold start takes; with a ledger, 9 s more for its own, or
      // the 20 s that a request for a task's state may wait: API Gateway gives up after 30
      timeout: Duration.seconds(ledger ? 26 : 20),
      // a quarter of a vCPU: TLS and the parsing of 1,000 tasks take CPU, and a waiting function costs memory × time
      memoryMiB: 512,
      ...(settings.reservedConcurrency === undefined
        ? {}
        : { reservedConcurrency: settings.reservedConcurrency }),
    })
    if (ledger) allowLedger(this, ledger, 'producer', this.producer.function)
    if (this.producer.function.role) tracing?.allow(this.producer.function.role)
    const { stackName, stackId } = Stack.of(this)
    this.accessLogs = new logs.LogGroup(this, 'AccessLogs', {
      // under any other prefix each group takes a part of the account's one resource policy, which is full after some ten:
      // https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html
      // with the stack's own unique end, since a group that is kept would stand in the way of the next stack
      logGroupName: Fn.join('', [`/aws/vendedlogs/${stackName}-`, Fn.select(2, Fn.split('/', stackId))]),
      retention: props.logDays,
      removalPolicy: props.removalPolicy,
      encryptionKey: props.encryptionKey,
    })
    this.api = this.createApi(ledger !== undefined)
    this.endpoint = this.api.apiEndpoint
    this.createStage(settings)
  }

  private createApi(hasLedger: boolean): apigatewayv2.HttpApi {
    const authorizer = new HttpIamAuthorizer()
    const api = new apigatewayv2.HttpApi(this, 'Api', {
      description: 'Sends tasks to the work queue',
      defaultAuthorizer: authorizer,
      createDefaultStage: false,
    })
    const integration = new HttpLambdaIntegration('Producer', this.producer.function)
    api.addRoutes({ path: '/tasks', methods: [apigatewayv2.HttpMethod.POST], integration })
    for (const path of ['/queue', `/${openApiFile}`, ...(hasLedger ? ['/tasks/{id}'] : [])])
      api.addRoutes({ path, methods: [apigatewayv2.HttpMethod.GET], integration })
    // all other paths go to the function too, so that 404 and 405 are problem documents; a greedy /{proxy+}
    // would miss /
    new apigatewayv2.HttpRoute(this, 'Rest', {
      httpApi: api,
      routeKey: apigatewayv2.HttpRouteKey.DEFAULT,
      integration,
      authorizer,
    })
    return api
  }

  private createStage({ ratePerSecond, burst }: ProducerSettings): void {
    const context = apigateway.AccessLogField
    new apigatewayv2.HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: ratePerSecond, burstLimit: burst },
      accessLogSettings: {
        destination: new apigatewayv2.LogGroupLogDestination(this.accessLogs),
        format: apigateway.AccessLogFormat.custom(
          JSON.stringify({
            time: context.contextRequestTime(),
            requestId: context.contextRequestId(),
            caller: '$context.identity.userArn',
            sourceIp: context.contextIdentitySourceIp(),
            method: context.contextHttpMethod(),
            path: '$context.path',
            status: context.contextStatus(),
            latencyMs: context.contextResponseLatency(),
            error: '$context.error.message',
          }),
        ),
      },
    })
  }
}
