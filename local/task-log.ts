import {
  closeSync,
  existsSync,
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
import type { LogRecord } from './service-process.ts'

/** Any name of a queue can be a file's. */
const fileOf = (queue: string, folder: string, kind: LogKind = 'log') =>
  resolve(folder, `${encodeURIComponent(queue)}.${kind}`)
/** What the file was called before it was full. */
const fullFile = (file: string) => `${file}.1`
/** Some three minutes of 1,000 tasks a second. */
const usualBytes = 64 * 1024 * 1024

/** `log`: a line for each try. `lines`: what else was written of a task, which must not push the tries out of the log. */
type LogKind = 'log' | 'lines'

/** Lines of all workers that `npm run dev` has for a queue, for the operator's commands. */
export interface LocalLog<Line extends object> {
  append(line: Line): void
  close(): void
}

/** What is not the line of a try: a handler's own lines, above all. `from` is the worker class. */
export type OtherLine = LogRecord & { readonly '@from': string }

/** Starts a new log. It takes at most 128 MB: when it is full it gets `.1` to its name, in the place of the one before. */
export const openTaskLog = (queue: string, folder = warrenFolder, maxBytes = usualBytes) =>
  openLog<TaskLogLine>(fileOf(queue, folder), folder, maxBytes)

/** As {@link openTaskLog}, for the other lines that name a task. It takes at most 64 MB. */
export const openOtherLines = (queue: string, folder = warrenFolder, maxBytes = usualBytes / 2) =>
  openLog<OtherLine>(fileOf(queue, folder, 'lines'), folder, maxBytes)

/** The files of a queue's logs, those that were full first. */
export function logFiles(queue: string, folder = warrenFolder): readonly string[] {
  const files = (['log', 'lines'] as const).map((kind) => fileOf(queue, folder, kind))
  return files.flatMap((file) => [fullFile(file), file]).filter((file) => existsSync(file))
}

function openLog<Line extends object>(file: string, folder: string, maxBytes: number): LocalLog<Line> {
  mkdirSync(folder, { recursive: true })
  for (const old of [file, fullFile(file)]) rmSync(old, { force: true })
  let fd = openSync(file, 'w', 0o600)
  let bytes = 0
  return {
    append(line) {
      if (bytes > maxBytes) {
        closeSync(fd)
        renameSync(file, fullFile(file))
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
export function followTaskLog(
  queue: string,
  tailBytes: number,
  folder = warrenFolder,
): () => readonly TaskLogLine[] {
  const file = fileOf(queue, folder)
  let fd: number | undefined
  let position = 0
  return () => {
    const lines: string[] = []
    const take = ({ lines: read, end }: Read) => {
      for (const line of read) lines.push(line)
      position = end
    }
    if (fd !== undefined) take(readLines(fd, position))
    const now = statSync(file, { throwIfNoEntry: false })
    if (now !== undefined && (fd === undefined || fstatSync(fd).ino !== now.ino)) {
      const before = fd
      fd = openSync(file, 'r')
      if (before !== undefined) {
        closeSync(before)
        take(readLines(fd, 0))
      } else {
        const { size } = fstatSync(fd)
        if (size < tailBytes && existsSync(fullFile(file))) take(readTailOf(fullFile(file), tailBytes - size))
        take(readTail(fd, tailBytes))
      }
    }
    return lines.map((line) => JSON.parse(line) as TaskLogLine)
  }
}

interface Read {
  readonly lines: readonly string[]
  /** The position of what comes next. */
  readonly end: number
}

/** The whole lines from a position on. */
function readLines(fd: number, position: number): Read {
  const buffer = Buffer.alloc(fstatSync(fd).size - position)
  readSync(fd, buffer, { position })
  const bytes = buffer.lastIndexOf('\n') + 1
  return { lines: buffer.toString('utf8', 0, bytes).split('\n').slice(0, -1), end: position + bytes }
}

/** The last whole lines, in at most so many bytes. */
function readTail(fd: number, bytes: number): Read {
  const from = fstatSync(fd).size - bytes
  if (from <= 0) return readLines(fd, 0)
  // up to the first line break is the end of a line; it may be the byte before
  const { lines, end } = readLines(fd, from - 1)
  return { lines: lines.slice(1), end }
}

function readTailOf(file: string, bytes: number): Read {
  const fd = openSync(file, 'r')
  try {
    return readTail(fd, bytes)
  } finally {
    closeSync(fd)
  }
}
