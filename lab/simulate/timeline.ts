/** Events to come, earliest first; of those at the same time the one that was added first. */
export interface Timeline {
  /** When the next one is; Infinity without any. */
  readonly next: number
  add(at: number, run: () => void): void
  /** Takes the next one and runs it. */
  step(): void
}

interface Event {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

const before = (one: Event, other: Event) =>
  one.at < other.at || (one.at === other.at && one.order < other.order)

/** A binary heap. */
export function createTimeline(): Timeline {
  const heap: Event[] = []
  let order = 0
  return {
    get next() {
      return heap[0]?.at ?? Number.POSITIVE_INFINITY
    },
    add(at, run) {
      order += 1
      rise(heap, { at, order, run })
    },
    step() {
      const first = heap[0]
      const last = heap.pop()
      if (last && first !== last) sink(heap, last)
      first?.run()
    },
  }
}

function rise(heap: Event[], event: Event): void {
  let at = heap.length
  heap.push(event)
  while (at > 0) {
    const up = (at - 1) >> 1
    const parent = heap[up] as Event
    if (!before(event, parent)) break
    heap[at] = parent
    at = up
  }
  heap[at] = event
}

/** Puts an event in the place of the first one. */
function sink(heap: Event[], event: Event): void {
  let at = 0
  for (;;) {
    let down = 2 * at + 1
    const [left, right] = [heap[down], heap[down + 1]]
    if (!left) break
    if (right && before(right, left)) down += 1
    const child = heap[down] as Event
    if (!before(child, event)) break
    heap[at] = child
    at = down
  }
  heap[at] = event
}
