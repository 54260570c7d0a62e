import type { Slot } from './worker.ts'

/** The work queue: first in, first out; each slot has one task at a time and takes the next when it has done it. */
export interface Broker {
  readonly ready: number
  publish(task: number): void
  /** A task that was not finished goes ahead of all others. */
  handBack(task: number): void
  /** A slot that is free, behind those that have been free for longer. */
  consume(slot: Slot): void
}

/** @param begin makes a slot begin a task */
export function createBroker(begin: (slot: Slot, task: number) => void): Broker {
  const fresh = createFifo<number>()
  const returned: number[] = []
  const free = createFifo<Slot>()
  const match = () => {
    while (returned.length + fresh.length > 0) {
      const slot = free.take()
      if (!slot) return
      // one that was stopped meanwhile
      if (!slot.worker.takesTasks) continue
      begin(slot, returned.pop() ?? (fresh.take() as number))
    }
  }
  return {
    get ready() {
      return returned.length + fresh.length
    },
    publish(task) {
      fresh.put(task)
      match()
    },
    handBack(task) {
      returned.push(task)
      match()
    },
    consume(slot) {
      free.put(slot)
      match()
    },
  }
}

/** An array's `shift` moves all that is left. */
function createFifo<Item>() {
  let items: Item[] = []
  let head = 0
  return {
    get length() {
      return items.length - head
    },
    put: (item: Item) => void items.push(item),
    take(): Item | undefined {
      const item = items[head]
      if (head < items.length) head += 1
      if (head > 1_000 && head * 2 > items.length) {
        items = items.slice(head)
        head = 0
      }
      return item
    },
  }
}
