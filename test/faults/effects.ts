import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import type { Effect } from './ledger.ts'

/** Reads what handlers have written since the last call. */
export function effectsReader(file: string): { read(): Effect[]; close(): void } {
  const descriptor = openSync(file, 'a+')
  let position = 0
  return {
    read() {
      const { size } = fstatSync(descriptor)
      const buffer = Buffer.alloc(size - position)
      const bytes = readSync(descriptor, buffer, 0, buffer.length, position)
      const text = buffer.toString('utf8', 0, bytes)
      // each line is written by one call to write(2), which appends it whole
      position += bytes
      return text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Effect)
    },
    close: () => closeSync(descriptor),
  }
}
