import { Fn, Stack } from 'aws-cdk-lib'
import * as ecs from 'aws-cdk-lib/aws-ecs'
import * as iam from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { Construct } from 'constructs'
import type { Variables } from '../../services/contract/environment.ts'
import type { tracingEnvironment } from '../../services/contract/tracing.ts'
import type { TracingSettings } from '../settings/environment.ts'
import { acknowledge, wildcard } from './acknowledge.ts'
import { allowToRead } from './read-secret.ts'

export interface TracingProps {
  readonly settings: TracingSettings
  /** What the services' names in the backend begin with. */
  readonly deployment: string
  readonly encryptionKey: IKey | undefined
}

type TracingVariables = Variables<typeof tracingEnvironment>

/**
 * What the services of a stack need to send spans, themselves and straight to the backend. X-Ray's own endpoint takes
 * OTLP, so no collector has to run beside each worker, and no layer of AWS's, with an ARN for each region and version,
 * has to be kept: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-OTLPEndpoint.html
 */
export class Tracing extends Construct {
  private readonly settings: TracingSettings
  private readonly deployment: string
  private readonly headers: ISecret | undefined

  constructor(scope: Construct, id: string, { settings, deployment, encryptionKey }: TracingProps) {
    super(scope, id)
    this.settings = settings
    this.deployment = deployment
    const { headersSecret: secretCompleteArn } = settings
    if (secretCompleteArn !== undefined)
      this.headers = Secret.fromSecretAttributes(this, 'Headers', {
        secretCompleteArn,
        ...(encryptionKey ? { encryptionKey } : {}),
      })
  }

  /** The variables of a function. */
  ofFunction(service: string): TracingVariables {
    return {
      ...this.variables(service),
      ...(this.headers ? { TRACES_HEADERS_SECRET_ARN: this.headers.secretArn } : {}),
    }
  }

  /** Gives a container its variables, and its task the rights. */
  ofContainer(service: string, container: ecs.ContainerDefinition, role: iam.IRole): void {
    for (const [name, value] of Object.entries(this.variables(service))) container.addEnvironment(name, value)
    if (this.headers) {
      const secret = Object.assign(ecs.Secret.fromSecretsManager(this.headers), {
        grantRead: (grantee: iam.IGrantable) => allowToRead(this.headers as ISecret, grantee),
      })
      container.addSecret('OTEL_EXPORTER_OTLP_TRACES_HEADERS', secret)
    }
    this.allowXray(role)
  }

  /** Lets a function's role send spans, and read what it sends them with. */
  allow(role: iam.IRole): void {
    if (this.headers) allowToRead(this.headers, role)
    this.allowXray(role)
  }

  /**
   * The two actions of the OTLP endpoint; those of X-Ray's own segments, which AWSXrayWriteOnlyAccess has, are others:
   * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html
   */
  private allowXray(role: iam.IRole): void {
    if (this.settings.to !== 'xray') return
    role.addToPrincipalPolicy(
      new iam.PolicyStatement({ actions: ['xray:PutSpans', 'xray:PutSpansForIndexing'], resources: ['*'] }),
    )
    acknowledge(role, {
      [wildcard('*')]: 'X-Ray has no narrower resource for spans; nothing can be read with these actions.',
    })
  }

  private variables(service: string): TracingVariables {
    const { to, endpoint, share } = this.settings
    const { region, urlSuffix } = Stack.of(this)
    return {
      OTEL_SERVICE_NAME: `${this.deployment}-${service}`,
      ...(to === 'xray'
        ? {
            OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: Fn.join('', [
              'https://xray.',
              region,
              '.',
              urlSuffix,
              '/v1/traces',
            ]),
            TRACES_XRAY_REGION: region,
          }
        : { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint }),
      ...(share === undefined ? {} : { OTEL_TRACES_SAMPLER_ARG: String(share) }),
    }
  }
}
