import { expect, test } from 'vitest'
import type { AcceptanceLedger, Reservation, Reserved } from '../../services/contract/ledger.ts'
import type { Logger } from '../../services/contract/log.ts'
import { submitRecorded } from '../../services/producer/recorded.ts'
import type { PreparedTask } from '../../services/producer/request.ts'
import type { Publish } from '../../services/producer/submission.ts'

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} }
const prepared = (id: string, idIsNew: boolean) =>
  ({ id, type: 'any', idIsNew, unique: { key: `key of ${id}`, seconds: 60 }, properties: {} }) as PreparedTask
const tasks = [prepared('generated', true), prepared('first', false), prepared('repeated', false)]
const refuse: Publish = async (published) => new Map(published.map(({ id }) => [id, 'queue full']))

async function releasedBy(ledger: Partial<AcceptanceLedger>): Promise<string[]> {
  const released: Reservation[] = []
  const working: AcceptanceLedger = {
    reserve: async (wanted) =>
      wanted.map(
        ({ id }): Reserved => ({ id, state: 'ours', ...(id === 'repeated' ? {} : { isNew: true }) }),
      ),
    release: async (keys) => void released.push(...keys),
    confirm: async () => undefined,
    accept: async () => undefined,
    withdraw: async () => undefined,
    read: async () => undefined,
  }
  await submitRecorded({ ...working, ...ledger }, silent, tasks, refuse)
  return released.map(({ id }) => id)
}
const away = () => Promise.reject(new Error('away'))

test('a key that an earlier request may have used is not released when the broker refuses its task', async () => {
  expect(await releasedBy({})).toEqual(['generated', 'first'])
})

test('nor when the ledger does not take the record', async () => {
  expect(await releasedBy({ accept: away })).toEqual(['generated', 'first'])
})

test('nor when nobody knows who had the keys', async () => {
  expect(await releasedBy({ reserve: away })).toEqual(['generated'])
})
