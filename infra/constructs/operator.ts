import { Duration } from 'aws-cdk-lib'
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager'
import { Construct } from 'constructs'
import type { operatorEnvironment, Variables } from '../../services/contract/environment.ts'
import { allowLedger, type LedgerSettings, ledgerVariables } from './ledger.ts'
import { type FunctionSettings, ServiceFunction } from './service-function.ts'

export interface OperatorProps extends FunctionSettings {
  readonly queue: string
  readonly secret: ISecret
  readonly code: string
  /** @default none */
  readonly ledger?: LedgerSettings | undefined
}

/**
 * Lists, counts and redrives dead letters for the operator's commands, since the broker is private. Nothing calls it
 * but people and programs with `lambda:InvokeFunction` on it.
 */
export class Operator extends Construct {
  readonly operator: ServiceFunction

  constructor(scope: Construct, id: string, props: OperatorProps) {
    super(scope, id)
    this.operator = new ServiceFunction(this, 'Operator', {
      ...props,
      description: 'Lists and redrives dead letters, in steps that can be resumed',
      environment: {
        BROKER_URL: props.broker.amqpUrl,
        BROKER_SECRET_ARN: props.secret.secretArn,
        QUEUE_NAME: props.queue,
        ...ledgerVariables(props.ledger),
      } satisfies Variables<typeof operatorEnvironment>,
      secrets: [props.secret],
      brokerPorts: [5671],
      // a step ends by itself long before
      timeout: Duration.minutes(1),
    })
    if (props.ledger) allowLedger(this, props.ledger, 'operator', this.operator.function)
  }
}
