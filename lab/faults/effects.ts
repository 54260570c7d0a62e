import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
/** Reads what handlers have written into a file since the last call, an object of JSON a line. */
export function effectsReader<Line>(file: string): { read(): Line[]; close(): void } {
  const descriptor = openSync(file, 'a+')
  let position = 0
  return {
    read() {
      const { size } = fstatSync(descriptor)
      const buffer = Buffer.alloc(size - position)
      const bytes = readSync(descriptor, buffer, 0, buffer.length, position)
      // a line that crosses a page of the file can be seen when half of it is written: the rest is read next time
      const whole = buffer.subarray(0, bytes).lastIndexOf('\n') + 1
      position += whole
      const lines = buffer.toString('utf8', 0, whole).split('\n')
      return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Line)
    },
    close: () => closeSync(descriptor),
  }
}
