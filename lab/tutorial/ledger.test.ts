import { describe, expect, it } from 'vitest'
import { line } from '../../test/local/lines.ts'
import { createLedger } from './experiments/ledger.ts'

const patience = 10_000
const signal = new AbortController().signal

describe('the ledger', () => {
  it('waits for the line that meets a condition', async () => {
    const ledger = createLedger()
    const waiting = ledger.until(() => ledger.done('fast').size === 2, patience, signal)
    ledger.add(line('slow', 1, 0, 200))
    ledger.add(line('fast', 2, 0, 100))
    ledger.add(line('fast', 3, 0, 100))
    expect(await waiting).toBe(true)
    expect([...ledger.done()]).toEqual(['task-1', 'task-2', 'task-3'])
  })

  it('does not count what failed as done', () => {
    const ledger = createLedger()
    ledger.add(line('slow', 1, 0, 200, { outcome: 'failed' }))
    expect(ledger.done().size).toBe(0)
  })

  it('gives up waiting, rather than hang, when a task never comes', async () => {
    expect(await createLedger().until(() => false, 1, signal)).toBe(false)
  })

  it('stops waiting when the run is stopped', async () => {
    const stopped = AbortSignal.abort(new Error('stopped'))
    await expect(createLedger().until(() => false, patience, stopped)).rejects.toThrow('stopped')
  })
})
