import type { ServerResponse } from 'node:http'
import { whenLeft } from './left.ts'

/** The browsers that look: each gets server-sent events. */
export class Viewers {
  readonly #viewers = new Set<ServerResponse>()
  readonly #left: () => void

  /** @param left is called when the last one has gone */
  constructor(left: () => void) {
    this.#left = left
  }

  get count(): number {
    return this.#viewers.size
  }

  add(viewer: ServerResponse): void {
    viewer.writeHead(200, { 'content-type': 'text/event-stream' })
    viewer.flushHeaders()
    this.#viewers.add(viewer)
    whenLeft(viewer, () => {
      this.#viewers.delete(viewer)
      if (this.#viewers.size === 0) this.#left()
    })
  }

  /** @param data on one line */
  write(event: string, data: string): void {
    // one that does not keep up misses events, and each has all but the bars
    for (const viewer of this.#viewers)
      if (!viewer.writableNeedDrain) viewer.write(`event: ${event}\ndata: ${data}\n\n`)
  }

  close(): void {
    for (const viewer of this.#viewers) viewer.end()
  }
}
