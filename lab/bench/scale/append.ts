import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { median } from '../median.ts'

const warmUp = 20
const counted = 200

/**
 * Milliseconds of an append of 4 KB and fdatasync, as the log of the quorum queues does it: the median. In the folder
 * for temporary files, where a private broker of this machine has its data (local/broker/scratch.ts).
 */
export function measureAppend(): number {
  const folder = mkdtempSync(join(tmpdir(), 'warren-append-'))
  const file = openSync(join(folder, 'log'), 'a')
  try {
    const took = Array.from({ length: warmUp + counted }, () => {
      const from = performance.now()
      writeSync(file, block)
      fdatasyncSync(file)
      return performance.now() - from
    })
    return median(took.slice(warmUp))
  } finally {
    closeSync(file)
    rmSync(folder, { recursive: true })
  }
}

const block = Buffer.alloc(4_096, 'x')
