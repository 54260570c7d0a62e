import { limits } from './limits.ts'

/**
 * How many slots consume on one channel at most. Two fewer than Amazon MQ allows: one more would cost the
 * connection.
 */
export const slotsPerChannel = limits.consumersPerChannel - 2

/**
 * Which of a worker's channels a slot consumes on, from 0. Only slots that share a thread share a channel: to lose one
 * costs them a try each, and their thread is a risk that they share already.
 */
export function channelOf(slot: number, slotsPerThread: number): number {
  const channelsPerThread = Math.ceil(slotsPerThread / slotsPerChannel)
  const inThread = Math.floor((slot % slotsPerThread) / slotsPerChannel)
  return Math.floor(slot / slotsPerThread) * channelsPerThread + inThread
}

/** On how many channels a worker's slots consume. */
export function consumingChannels(slots: number, slotsPerThread: number): number {
  return channelOf(slots - 1, slotsPerThread) + 1
}
