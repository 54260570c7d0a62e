import { styleText } from 'node:util'
import { duration, price, size } from '../figures.ts'
import type { Target } from '../target/target.ts'
import type { TaskStory } from './task-story.ts'

/** What was read for a story, what is missing in it, and what to do next. */
export function footer({ environment, queue, sampled }: Target, story: TaskStory): string[] {
  const { id, state, more, deadLetter } = story
  const dead = deadLetter || (state === 'dead' && deadLetter !== null)
  const queueOfIt = story.tries.at(-1)?.queue ?? queue
  const where = queueOfIt === queue ? environment : `${environment}/${queueOfIt}`
  return [
    ...(dead ? [`to try it again: npm run redrive -- ${where} --ids ${id} --yes`] : []),
    ...(more > 0
      ? [`${more} more lines name it, and were not read: search a shorter time with --since`]
      : []),
    ...(sampled === undefined ? [] : [`tries that were done may be missing: ${sampled}`]),
    styleText('dim', read(story)),
  ]
}

/** What was searched for a task that no line names, and what to try. */
export function nothingFound(
  { environment, sampled }: Target,
  { id, reading }: TaskStory,
  sinceSeconds: number,
): string[] {
  const option = (label: string, text: string) => `  ${styleText('dim', label.padEnd(10))}${text}`
  return [
    `no log of ${environment} names ${id}`,
    '',
    option('searched', `the last ${duration(sinceSeconds * 1_000)}: ${size(reading.bytes)} in`),
    ...reading.places.map((place) => option('', `  ${place}`)),
    '',
    'It may',
    `  - wait for its first try, which is the first that is logged: npm run status -- ${environment}`,
    '  - be older: --since 7d, as long as the logs are kept (logDays)',
    '  - have been logged in the last seconds, which a search may not see yet: ask again',
    ...(sampled === undefined ? [] : [`  - be done without a line: ${sampled}`]),
    '  - be of another environment, or of none: the producer has not answered 202',
  ]
}

function read({ reading: { bytes, usd, from, to } }: TaskStory): string {
  const cost = usd > 0 ? `, for ${price(usd)}` : ''
  return `${size(bytes)} of logs searched, of ${duration(to - from)}${cost}`
}
