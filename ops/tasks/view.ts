import { styleText } from 'node:util'
import { toldOnce } from '../../local/page/told-once.ts'
import type { Outcome } from '../../services/contract/log.ts'
import { unfailing } from '../../services/contract/log.ts'
import { duration } from '../figures.ts'
import { plain } from '../plain.ts'
import type { StoryState, StoryTry, TaskStory } from './task-story.ts'
import { entry, indent, type Shortened, shownLines, wrapped } from './view-lines.ts'
import { wrap } from './wrap.ts'

const childrenShown = 20

const states: Readonly<Record<StoryState, string>> = {
  done: 'done',
  dead: 'dead letter',
  cancelled: 'cancelled',
  failed: 'failed, another try comes',
  waiting: 'waits for its next try',
  unknown: 'not tried yet',
}

/**
 * A story as lines, in the order of time (UTC).
 * @param columns of the terminal
 */
export function storyLines(story: TaskStory, columns: number): string[] {
  const { lines, tries, children } = story
  const once = toldOnce()
  const events = [
    ...(story.acceptedAt === null
      ? []
      : [{ at: story.acceptedAt, text: [entry(story.acceptedAt, 'accepted, or due')] }]),
    ...tries.map((one) => ({ at: one.startedAt, text: tryLines(one, columns, once) })),
    ...(lines.length > 0 ? [{ at: lines[0]?.time ?? '', text: shownLines(lines, columns) }] : []),
  ].toSorted((one, other) => one.at.localeCompare(other.at))
  const dayOf = (at: string | undefined) => at?.slice(0, 10)
  return [
    ...heading(story, columns),
    '',
    ...events.flatMap(({ at, text }, index) => {
      const anotherDay = dayOf(at) !== dayOf(events[index - 1]?.at)
      return [...(anotherDay ? [styleText('dim', `${dayOf(at)} UTC`)] : []), ...text]
    }),
    ...(children.length > 0 ? ['', ...childLines(story)] : []),
  ]
}

function heading({ id, type, state, ...story }: TaskStory, columns: number): string[] {
  const { tenant, priority, parent, traceId, traceUrl, deadLetter } = story
  const colour = state === 'done' ? 'green' : state === 'dead' ? 'red' : 'yellow'
  const shown = deadLetter ? 'dead' : state
  const queue = story.tries.at(-1)?.queue
  const facts = [
    ...(queue === undefined ? [] : [`queue ${queue}`]),
    ...(tenant === undefined ? [] : [`tenant ${tenant}`]),
    ...(priority === undefined ? [] : [`priority ${priority}`]),
    ...(parent === undefined ? [] : [`sent by ${parent}`]),
  ]
  return [
    `${styleText('bold', plain(`${type ?? 'task'} ${id}`))}  ${styleText(colour, states[shown])}`,
    ...(facts.length > 0 ? wrap(plain(facts.join(' · ')), columns, 2) : []),
    ...(traceId === undefined ? [] : [`  trace ${traceId}`]),
    ...(traceUrl === undefined ? [] : [`  ${styleText('dim', traceUrl)}`]),
    ...(deadLetter === null ? ['  it is in no dead-letter queue now'] : []),
    ...(deadLetter ? [`  it is in the dead-letter queue, redriven ${deadLetter.redriven} times before`] : []),
  ]
}

function tryLines(one: StoryTry, columns: number, once: Shortened): string[] {
  const { startedAt, endedAt, waitMs, deliveryCount, lines, again } = one
  // of a retry the wait has all the tries before it
  const waited = waitMs === null || deliveryCount > 0 ? '' : `, waited ${duration(waitMs)}`
  // as the broker counts, and the ledger: what is handed back or put off is no failure, and a redrive starts anew
  const begin = `try ${deliveryCount + 1} by ${one.class} ${one.worker}, slot ${one.slot}${waited}`
  return [
    ...(again ? [entry(startedAt, styleText('yellow', 'redriven, or sent once more under this id'))] : []),
    ...wrapped(startedAt, plain(begin), columns),
    ...shownLines(lines, columns, once),
    ...wrapped(endedAt, ending(one), columns, colourOf(one.outcome)),
    ...(one.last ? [' '.repeat(indent) + styleText('red', 'now a dead letter')] : []),
  ]
}

function ending({ outcome, durationMs, reason, sent, goesOn, laterSeconds }: StoryTry): string {
  const sends = sent === undefined ? '' : `, sent ${sent}`
  const slice = goesOn ? ', goes on with its next slice' : ''
  const later = laterSeconds === undefined ? '' : `, again in ${duration(laterSeconds * 1_000)}`
  const why = reason === undefined ? '' : `: ${plain(reason)}`
  return `${outcome} after ${duration(durationMs)}${sends}${slice}${later}${why}`
}

function colourOf(outcome: Outcome) {
  if (outcome === 'done') return 'green'
  return unfailing.includes(outcome) ? 'yellow' : 'red'
}

function childLines({ children }: TaskStory): string[] {
  const more = children.length - childrenShown
  return [
    `it has sent, as far as they were tried:`,
    ...children.slice(0, childrenShown).map(({ id, type, outcome, tries }) => {
      const times = tries > 1 ? `, ${tries} tries` : ''
      return `  ${plain(`${type} ${id}  ${outcome}${times}`)}`
    }),
    ...(more > 0 ? [styleText('dim', `  ... and ${more} more: --json has them`)] : []),
  ]
}
