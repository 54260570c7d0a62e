import * as z from 'zod'
import { only } from './definitions.ts'

/**
 * What steers the workers of a queue from outside. A worker hears of a change through a queue of its own, bound to the
 * control exchange; one that comes later looks at what the last change has left behind.
 */

/** Takes an operator's words to all workers, by their routing keys. */
export const controlExchange = (queue: string) => `${queue}.control`

/** Exists while the queue is paused; its argument {@link sinceArgument} says since when. */
export const pausedExchange = (queue: string) => `${queue}.paused`

/** Exists once the queue was resumed; its argument {@link sinceArgument} says when. */
export const resumedExchange = (queue: string) => `${queue}.resumed`

/** Milliseconds since 1970. */
export const sinceArgument = 'warren-since'

/** The routing key of the word that the queue was paused or resumed. */
export const pauseKey = 'paused'

/** The body of that word, as JSON. */
export const pauseWord = z.object({ paused: z.boolean() })
export type PauseWord = z.output<typeof pauseWord>

/** What the broker calls a queue that is given no name: no client can declare one that begins so by a name of its own. */
const serverNamed = '^amq\\.gen-.*$'

const allOf = (...patterns: readonly string[]) => patterns.join('|')

/** What a worker needs to listen: a queue that the broker names, bound to the control exchange. */
export const listening = (queue: string) => ({
  configure: serverNamed,
  write: serverNamed,
  read: allOf(only(controlExchange(queue)), only(pausedExchange(queue)), serverNamed),
})

/** What an operator needs to pause and resume. */
export const pausing = (queue: string) => ({
  configure: allOf(only(pausedExchange(queue)), only(resumedExchange(queue))),
  write: only(controlExchange(queue)),
})
