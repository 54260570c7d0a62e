import type { MessageProperties, Options } from 'amqplib'

/**
 * Headers that the broker writes itself. Published again they would lie: it passes them on, so that a first delivery
 * would claim the failures of an earlier life.
 */
const brokersOwn = /^x-(delivery-count|acquired-count|death|first-death-.*|last-death-.*)$/

/**
 * The properties with which a message is published once more: its own, without what was the broker's.
 * @param headers added, or in the place of those of the same name; undefined takes one away
 */
export function republished(
  { userId, ...own }: MessageProperties,
  headers: Readonly<Record<string, unknown>>,
): Options.Publish {
  const kept = Object.entries({ ...own.headers, ...headers }).filter(
    ([name, value]) => value !== undefined && !brokersOwn.test(name),
  )
  return {
    ...(Object.fromEntries(
      Object.entries(own).filter(([, value]) => value !== undefined),
    ) as Options.Publish),
    persistent: true,
    // userId is left out: the broker refuses one that is not the publisher's
    headers: Object.fromEntries(kept),
  }
}
