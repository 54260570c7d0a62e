import { describe, expect, test } from 'vitest'
import { alarmsOf } from '../support/template-metrics.ts'
import { allResources, environmentNames, type Resource } from './synth.ts'

describe.each(environmentNames)('%s', (name) => {
  const get = (reference: unknown) =>
    (reference as { 'Fn::GetAtt'?: string[] } | undefined)?.['Fn::GetAtt']?.[0]
  const schedules = allResources(name, 'AWS::Scheduler::Schedule')
  const targets = [
    ...allResources(name, 'AWS::Events::Rule').flatMap(([id, { Properties }]) =>
      (Properties.Targets as Target[]).map((target) => ({ id, target })),
    ),
    ...schedules.map(([id, { Properties }]) => ({ id, target: Properties.Target as Target })),
  ]
  const configOf = (target: Target) =>
    allResources(name, 'AWS::Lambda::EventInvokeConfig').find(
      ([, { Properties }]) => Properties.FunctionName.Ref === get(target.Arn),
    )?.[1].Properties
  const watched = alarmsOf(name)
    .filter(([, { Namespace, AlarmActions }]) => Namespace === 'AWS/SQS' && AlarmActions.length > 0)
    .map(([, { Dimensions }]) => String(Dimensions[0].Value).split('.')[0])

  /** https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html: two retries, then it is dropped. */
  test('an event is acted on, or ends where an alarm looks, or is of no use a moment later', () => {
    expect(targets.length).toBeGreaterThanOrEqual(2)
    for (const { id, target } of targets) {
      const config: Resource['Properties'] = configOf(target)
      const end = get(config?.DestinationConfig?.OnFailure?.Destination)
      const undelivered = get(target.DeadLetterConfig?.Arn)
      const ofNoUse = config?.MaximumRetryAttempts === 0 && target.RetryPolicy?.MaximumRetryAttempts === 0
      expect([id, ofNoUse || (watched.includes(end ?? '') && watched.includes(undelivered ?? ''))]).toEqual([
        id,
        true,
      ])
    }
  })

  test('whoever fails may put the event there, and nobody else', () => {
    const writers = allResources(name, 'AWS::IAM::Policy').filter(([, { Properties }]) =>
      JSON.stringify(Properties.PolicyDocument).includes('sqs:SendMessage'),
    )
    const ofSchedules = [/^ProducerApiProducerFunctionServiceRole/, /^SchedulesRole/]
    const expected = [/^TopologyFunctionServiceRole/, ...(schedules.length > 0 ? ofSchedules : [])]
    expect(writers.map(([id]) => id).toSorted()).toEqual(
      expected.toSorted().map((id) => expect.stringMatching(id)),
    )
  })
})

interface Target {
  readonly Arn: unknown
  readonly DeadLetterConfig?: { readonly Arn: unknown }
  readonly RetryPolicy?: { readonly MaximumRetryAttempts?: number }
}
