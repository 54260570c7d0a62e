import { getEventListeners } from 'node:events'
import { expect, test, vi } from 'vitest'
import { LedgerRefusalError } from '../../services/contract/ledger.ts'
import { LedgerLink } from '../../services/worker/ledger-link.ts'

function openLink() {
  const log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() }
  return { log, link: new LedgerLink(log) }
}

test('a ledger that is away is asked until it answers, and both are said', async () => {
  const { link, log } = openLink()
  const question = vi.fn<() => Promise<string>>()
  question.mockRejectedValueOnce(new Error('ResourceNotFoundException')).mockResolvedValue('written')
  const waits = vi.fn()
  expect(await link.ask(question, new AbortController().signal, { waits })).toEqual({ answer: 'written' })
  expect(question).toHaveBeenCalledTimes(2)
  expect(waits).toHaveBeenCalledTimes(1)
  expect(log.warn).toHaveBeenCalledTimes(1)
  expect(log.info).toHaveBeenCalledWith('the ledger answers again', expect.anything())
  expect(link.awaySince).toBeUndefined()
})

test('what the ledger refuses is asked once: the try has failed, and the ledger is not away', async () => {
  const { link, log } = openLink()
  const question = vi.fn(() => Promise.reject(new LedgerRefusalError('ValidationException: too large')))
  expect(await link.ask(question, new AbortController().signal)).toEqual({
    outcome: 'failed',
    reason: 'the ledger refuses what the try writes: ValidationException: too large',
  })
  expect(question).toHaveBeenCalledTimes(1)
  expect(log.error).toHaveBeenCalledTimes(1)
  expect(link.awaySince).toBeUndefined()
})

test('who is told to go asks no more, and ends as it was told', async () => {
  const { link } = openLink()
  const leaving = new AbortController()
  const question = vi.fn(() => Promise.reject(new Error('away')))
  const asked = link.ask(question, leaving.signal, { waits: () => leaving.abort({ outcome: 'handed-back' }) })
  expect(await asked).toEqual({ outcome: 'handed-back' })
  expect(question).toHaveBeenCalledTimes(1)
})

test('a signal that lives as long as the worker keeps nothing of a question that is answered', async () => {
  const { link } = openLink()
  const { signal } = new AbortController()
  for (let times = 0; times < 3; times += 1) await link.ask(async () => 'written', signal)
  expect(getEventListeners(signal, 'abort')).toEqual([])
})
