/**
 * Where a message is published to reach a work queue, at once or later. Later it goes through the queue's ladder: queue
 * `<queue>.later.NN` keeps what it gets for 2^NN seconds, and a delay is the sum of those whose binary digit is 1. The
 * routing key is the delay in binary, so that the broker itself finds the way down: 5 s is `1.0.1`, which waits 4 s in
 * `.02` and 1 s in `.00`. The broker's side of it stands in services/contract/ladder.ts.
 */

/** Levels of a ladder: all together keep a task for 2^20 − 1 s, and 19 would not reach `limits.delaySeconds`. */
export const levels = 20

export interface Route {
  readonly exchange: string
  readonly routingKey: string
}

/** A level's queue, and the exchange that decides whether a task waits in it: level 2 is `<queue>.later.02`. */
export const laterQueue = (queue: string, level: number) => `${queue}.later.${String(level).padStart(2, '0')}`

/** @param delaySeconds whole, 1 to `limits.delaySeconds`; undefined for at once */
export function routeTo(queue: string, delaySeconds?: number): Route {
  if (delaySeconds === undefined) return { exchange: queue, routingKey: queue }
  const digits = delaySeconds.toString(2)
  return { exchange: laterQueue(queue, digits.length - 1), routingKey: [...digits].join('.') }
}
