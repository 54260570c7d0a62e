import { cursorTo, moveCursor } from 'node:readline'
import { stripVTControlCharacters } from 'node:util'

/** What a command says while it works. */
export interface Progress {
  /** A line that stays. */
  say(line: string): void
  /** Lines that replace those shown before: in place on a terminal; elsewhere as plain lines, every few seconds. */
  show(lines: readonly string[]): void
  /** Lets the lines that are shown stay. */
  settle(): void
  /** Removes the lines that are shown. */
  clear(): void
}

const plainEveryMs = 2_000
const redrawEveryMs = 50

/** Progress on a stream that may be a terminal. */
export function createProgress(stream: NodeJS.WriteStream): Progress {
  return stream.isTTY ? live(stream) : plain(stream)
}

function live(stream: NodeJS.WriteStream): Progress {
  let shown: readonly string[] = []
  let drawn = 0
  let drawnAt = 0
  const clear = () => {
    moveCursor(stream, 0, -drawn)
    cursorTo(stream, 0)
    stream.clearScreenDown()
    drawn = 0
  }
  const draw = () => {
    clear()
    // a line that wraps would be two to move back over
    stream.write(shown.map((line) => `${cut(line, stream.columns)}\n`).join(''))
    drawn = shown.length
    drawnAt = performance.now()
  }
  return {
    say(line) {
      clear()
      stream.write(`${line}\n`)
      draw()
    },
    show(lines) {
      shown = lines
      if (performance.now() - drawnAt > redrawEveryMs) draw()
    },
    settle() {
      draw()
      shown = []
      drawn = 0
    },
    clear() {
      shown = []
      draw()
    },
  }
}

/** Without its colours where it does not fit. */
function cut(line: string, columns: number): string {
  const text = stripVTControlCharacters(line)
  return text.length < columns ? line : text.slice(0, columns - 1)
}

function plain(stream: NodeJS.WriteStream): Progress {
  let shown: readonly string[] = []
  let printed = shown
  let printedAt = performance.now()
  const print = () => {
    if (shown !== printed) stream.write(shown.map((line) => `${line}\n`).join(''))
    printed = shown
    printedAt = performance.now()
  }
  return {
    say: (line) => void stream.write(`${line}\n`),
    show(lines) {
      shown = lines
      if (performance.now() - printedAt > plainEveryMs) print()
    },
    settle: print,
    clear() {
      shown = printed
    },
  }
}
