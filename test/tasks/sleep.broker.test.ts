import { expect, test } from 'vitest'
import { withBroker } from '../../local/testing/with-broker.ts'
import { sleep } from '../../services/tasks/sleep.ts'

test('a sleep that a killed worker was at is slept by another', () =>
  withBroker(async ({ send, ended, killWorkers }) => {
    const first = await send(sleep, { ms: 1 })
    expect(await ended(first)).toMatchObject({ outcome: 'done', isDeadLetter: false })
    const killed = await send(sleep, { ms: 500 })
    await killWorkers()
    expect(await ended(killed)).toMatchObject({ outcome: 'done' })
    await expect(send(sleep, { ms: -1 })).rejects.toThrow('400')
  }))
