import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { resolve } from 'node:path'
import type { TaskLogLine } from '../services/contract/log.ts'
import { warrenFolder } from './local-file.ts'

const file = resolve(warrenFolder, 'tasks.log')
/** Some three minutes of 1,000 tasks a second. */
const mostBytes = 64 * 1024 * 1024

/** The lines of all workers of `npm run dev`, for the operator's commands. */
export interface TaskLog {
  append(line: TaskLogLine): void
  close(): void
}

/** Begins the log anew. It takes at most 128 MB: when it is full it becomes `tasks.log.1`, in the place of the one before. */
export function openTaskLog(): TaskLog {
  mkdirSync(warrenFolder, { recursive: true })
  for (const old of [file, `${file}.1`]) rmSync(old, { force: true })
  let fd = openSync(file, 'w', 0o600)
  let bytes = 0
  return {
    append(line) {
      if (bytes > mostBytes) {
        closeSync(fd)
        renameSync(file, `${file}.1`)
        fd = openSync(file, 'w', 0o600)
        bytes = 0
      }
      // at once, so that a reader who finds a new file has seen all of the old one
      bytes += writeSync(fd, `${JSON.stringify(line)}\n`)
    },
    close: () => closeSync(fd),
  }
}

/**
 * Each call gives the whole lines that were written since the one before.
 * @param tailBytes how much of what is already there the first call looks at
 */
export function followTaskLog(tailBytes: number): () => readonly TaskLogLine[] {
  let fd: number | undefined
  let position = 0
  const readOn = (): string[] => {
    if (fd === undefined) return []
    const buffer = Buffer.alloc(fstatSync(fd).size - position)
    readSync(fd, buffer, { position })
    const bytes = buffer.lastIndexOf('\n') + 1
    position += bytes
    return buffer.toString('utf8', 0, bytes).split('\n').slice(0, -1)
  }
  return () => {
    const lines = readOn()
    const now = statSync(file, { throwIfNoEntry: false })
    if (now !== undefined && (fd === undefined || fstatSync(fd).ino !== now.ino)) {
      const skipped = fd === undefined ? Math.max(0, now.size - tailBytes) : 0
      if (fd !== undefined) closeSync(fd)
      fd = openSync(file, 'r')
      position = skipped
      // what begins in the middle of a file begins in the middle of a line
      lines.push(...readOn().slice(skipped === 0 ? 0 : 1))
    }
    return lines.map((line) => JSON.parse(line) as TaskLogLine)
  }
}
