import type { LedgerItem, LedgerTable } from './table.ts'

/** How long the first item of a batch waits for others, in milliseconds: whoever writes it waits for nothing. */
const gatherMs = 10

/** Writes what comes from many sides together. */
export class SharedBatches {
  readonly #table: Pick<LedgerTable, 'write'>
  /** By key: of two that are written at once, the later one counts. */
  #items = new Map<string, LedgerItem>()
  #writing: Promise<void> | undefined

  constructor(table: Pick<LedgerTable, 'write'>) {
    this.#table = table
  }

  /** Resolves when it is written. @throws Error when it is not known to be, nor what was written with it */
  write(item: LedgerItem): Promise<void> {
    this.#items.set(`${item.part} ${item.id}`, item)
    this.#writing ??= new Promise((resolve) => setTimeout(resolve, gatherMs)).then(() => this.#flush())
    return this.#writing
  }

  #flush(): Promise<void> {
    const items = [...this.#items.values()]
    this.#items = new Map()
    this.#writing = undefined
    return this.#table.write(items)
  }
}
