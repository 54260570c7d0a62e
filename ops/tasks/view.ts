import { inspect, styleText } from 'node:util'
import type { Outcome } from '../../services/contract/log.ts'
import { unfailing } from '../../services/contract/log.ts'
import { duration } from '../figures.ts'
import { plain } from '../plain.ts'
import type { StoryLine, StoryState, StoryTry, TaskStory } from './task-story.ts'
import { wrap } from './wrap.ts'

/** Of a try, and of what belongs to none; all are in --json. */
const linesShown = 30
/** Of a stack, above all. */
const textLines = 12
const childrenShown = 20
const indent = 14

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
  const events = [
    ...(story.acceptedAt === null
      ? []
      : [{ at: story.acceptedAt, text: [entry(story.acceptedAt, 'accepted, or due')] }]),
    ...tries.map((one, index) => ({ at: one.startedAt, text: tryLines(one, index, columns) })),
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

function tryLines(one: StoryTry, index: number, columns: number): string[] {
  const { startedAt, endedAt, waitMs, deliveryCount, lines, again } = one
  // of a retry the wait has all the tries before it
  const waited = waitMs === null || deliveryCount > 0 ? '' : `, waited ${duration(waitMs)}`
  const begin = `try ${index + 1} by ${one.class} ${one.worker}, slot ${one.slot}${waited}`
  return [
    ...(again ? [entry(startedAt, styleText('yellow', 'redriven, or sent once more under this id'))] : []),
    ...wrapped(startedAt, plain(begin), columns),
    ...shownLines(lines, columns),
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

function shownLines(lines: readonly StoryLine[], columns: number): string[] {
  const hidden = lines.length - linesShown
  const note = `... ${hidden} lines before these: --json has them`
  return [
    ...(hidden > 0 ? [' '.repeat(indent) + styleText('dim', note)] : []),
    ...lines.slice(-linesShown).flatMap((line) => lineOf(line, columns)),
  ]
}

/** A handler's line: its message and fields, and below it what has several lines, such as a stack. */
function lineOf({ time, level, msg, fields }: StoryLine, columns: number): string[] {
  const entries = Object.entries(fields)
  const isLong = ([, value]: [string, unknown]) => typeof value === 'string' && value.includes('\n')
  const short = entries.filter((each) => !isLong(each)).map(([name, value]) => `${name}=${shownValue(value)}`)
  const long = entries.filter(isLong).flatMap(([name, value]) => {
    const all = String(value).split('\n')
    const more = all.length > textLines ? [`... ${all.length - textLines} more lines`] : []
    return [`${name}:`, ...[...all.slice(0, textLines), ...more].map((text) => `  ${plainIndented(text)}`)]
  })
  const mark = level === 'info' ? '' : `${level}: `
  const colour = level === 'error' ? 'red' : level === 'warn' ? 'yellow' : 'cyan'
  return [
    ...wrapped(time, plain([`${mark}${msg}`, ...short].join('  ')), columns, colour, indent + 2),
    ...long.flatMap((text) => wrap(text, columns, indent + 4)).map((text) => styleText('dim', text)),
  ]
}

const plainIndented = (text: string) => (/^ */.exec(text)?.[0] ?? '') + plain(text)

function shownValue(value: unknown): string {
  if (typeof value === 'string' && /^[\w.:/@-]+$/.test(value)) return value
  return inspect(value, { depth: 4, breakLength: Number.POSITIVE_INFINITY, maxStringLength: 500 })
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

const entry = (time: string, text: string) => `${styleText('dim', time.slice(11, 23))}  ${text}`

function wrapped(
  time: string,
  text: string,
  columns: number,
  colour?: 'green' | 'red' | 'yellow' | 'cyan',
  at = indent,
): string[] {
  const paint = (line: string) => (colour ? styleText(colour, line) : line)
  // the time stands where the first line's indentation was
  const [first = '', ...rest] = wrap(text, columns, at)
  return [`${styleText('dim', time.slice(11, 23))}${paint(first.slice(12))}`, ...rest.map(paint)]
}
