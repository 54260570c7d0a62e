import type { Assembly } from '../../ops/assembly.ts'
import type { JsonLine } from './child.ts'
import { codeOf, functionArn, type RunningFunction, startFunction, variablesOf } from './function.ts'
import type { Place } from './place.ts'
import type { Deployed, Deployment } from './resolve.ts'
import { mayReadSecret } from './roles.ts'
import { startSecrets } from './secrets.ts'
import { checkVariables } from './variables.ts'

/** A function that runs, and the JSON that it has written. */
export interface Started extends RunningFunction {
  readonly lines: JsonLine[]
}

/** Starts a function by its ARN. */
export type Starter = (arn: string, variables?: Readonly<Record<string, string>>) => Promise<Started>

/** Starts functions of the template; each asks for secrets with the rights of its own role. */
export async function functionStarter(
  deployment: Deployment,
  place: Place,
  assembly: Assembly,
  stack: AsyncDisposableStack,
): Promise<Starter> {
  const secrets = await startSecrets(place.secrets, (id, arn) =>
    mayReadSecret(deployment, String(deployment.byId(id)?.properties['Role']), arn),
  )
  stack.defer(() => secrets.close())
  return async (arn, variables = {}) => {
    const deployed = functionOf(deployment, arn)
    checkVariables(deployed.path, codeOf(deployed, assembly), Object.keys(variablesOf(deployed)))
    const lines: JsonLine[] = []
    const running = await startFunction(deployed, {
      assembly,
      variables: {
        AWS_ENDPOINT_URL: secrets.url,
        AWS_ACCESS_KEY_ID: deployed.id,
        AWS_SECRET_ACCESS_KEY: 'not-a-secret',
        NODE_EXTRA_CA_CERTS: place.broker?.caFile ?? '',
        ...(place.dynamoDb ? { AWS_ENDPOINT_URL_DYNAMODB: place.dynamoDb } : {}),
        ...variables,
      },
      onLine: (line) => void lines.push(line),
    })
    stack.defer(() => running.stop())
    return { ...running, lines }
  }
}

function functionOf(deployment: Deployment, arn: string): Deployed {
  const found = deployment.all('AWS::Lambda::Function').find(({ id }) => functionArn(id) === arn)
  if (!found) throw new Error(`the templates have no function ${arn}`)
  return found
}

/** The probe, which EventBridge runs each minute and which looks so often in it. */
export interface Scheduled {
  readonly arn: string
  readonly everySeconds: number
}

export function scheduledOf(deployment: Deployment): Scheduled {
  const [rule, ...more] = deployment
    .all('AWS::Events::Rule')
    .filter(({ properties }) => properties['ScheduleExpression'] !== undefined)
  if (!rule || more.length > 0) throw new Error('there must be one rule with a schedule: the probe’s')
  const expression = String(rule.properties['ScheduleExpression'])
  const minutes = /^rate\((\d+) minutes?\)$/.exec(expression)?.[1]
  if (minutes === undefined) throw new Error(`${rule.path} must be a rate in minutes, got ${expression}`)
  const [target] = rule.properties['Targets'] as { Arn: string }[]
  const arn = target?.Arn ?? ''
  const looks = Number(variablesOf(functionOf(deployment, arn))['PROBE_SECONDS'] ?? 60)
  return { arn, everySeconds: Math.min(60 * Number(minutes), looks) }
}
