import { namesOf } from '../../infra/names.ts'
import { outputs } from '../../infra/outputs.ts'
import { findStack } from '../preflight/stacks.ts'
import type { Aws } from './aws.ts'

/** Log group → whose lines are in it: a worker class, `producer` or `operator`, and the queue. */
export type LogPlaces = ReadonlyMap<string, { readonly queue: string; readonly by: string }>

/**
 * The log groups of an environment in which lines can name a task, those of all its queues.
 * @param queues beside the default one; one that is not deployed yet has none
 */
export async function logPlaces(
  aws: Aws,
  environment: string,
  queues: readonly string[],
): Promise<LogPlaces> {
  const { workQueueStack, furtherQueueStack } = namesOf(environment)
  const stacks = [workQueueStack, ...queues.map(furtherQueueStack)]
  return new Map((await Promise.all(stacks.map((stack) => placesOf(aws, stack)))).flat())
}

async function placesOf(aws: Aws, stack: string) {
  const found = await aws.ask('finding the log groups', () => findStack({ aws }, stack))
  const values = new Map(found?.Outputs?.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]))
  const groups = (key: 'workerLogGroups' | 'logGroups') =>
    JSON.parse(values.get(outputs[key]) ?? '{}') as Readonly<Record<string, string>>
  const queue = values.get(outputs.queue) ?? ''
  const { producer, operator } = groups('logGroups')
  const ofFunctions = Object.entries({ producer, operator })
  return [...Object.entries(groups('workerLogGroups')), ...ofFunctions].flatMap(([by, group]) =>
    group === undefined ? [] : [[group, { queue, by }] as const],
  )
}
