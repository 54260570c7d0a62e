import { describe, expect, inject, it } from 'vitest'
import { withBroker } from '../../local/testing/with-broker.ts'
import { manage } from '../../services/amqp/management.ts'
import { digest } from '../../services/tasks/digest.ts'
import { sleep } from '../../services/tasks/sleep.ts'
import { descendants } from '../support/processes.ts'

describe('withBroker', () => {
  it('tells what became of a task that is done, with its log, and gives what the body gives', async () => {
    const given = await withBroker(async ({ send, ended }) => {
      const id = await send(digest, { rounds: 1 }, { id: 'own', priority: 9, tenant: 'acme' })
      const { tries, log, ...end } = await ended(id)
      expect(end).toEqual({ outcome: 'done', isDeadLetter: false })
      expect(tries).toMatchObject([{ id: 'own', priority: 9, tenant: 'acme', outcome: 'done' }])
      expect(log).toMatchObject([{ msg: 'digest', id: 'own' }])
      return 'given'
    })
    expect(given).toBe('given')
  })

  it('gives handlers the variables of the test', async () => {
    await withBroker(
      async ({ send, ended }) => {
        expect(await ended(await send(sleep, { ms: 3_600_000 }))).toMatchObject({ outcome: 'done' })
      },
      { env: { SLEEP_FACTOR: '0' } },
    )
  })

  it('throws what the producer says of a task that it refuses', async () => {
    await withBroker(({ send }) => expect(send(sleep, { ms: -1 })).rejects.toThrow(/answered 400: .*ms/))
  })

  it('says what it knows of a task that does not end', async () => {
    await withBroker(async ({ ended }) => {
      await expect(ended('no-such', 0.01)).rejects.toThrow(
        'the task no-such has not ended after 0.01 s; its tries: none',
      )
    })
  })

  it('leaves no process, vhost or user behind when the body fails', async () => {
    const before = await names()
    const failing = withBroker(async ({ send }) => {
      await send(sleep, { ms: 60_000 })
      expect(await names()).not.toEqual(before)
      throw new Error('an assertion')
    })
    await expect(failing).rejects.toThrow('an assertion')
    expect(await names()).toEqual(before)
  })
})

/** Of vhosts and users of tests, and how many processes this one has. */
async function names() {
  const { managementUrl: url, admin } = inject('broker')
  const found = await Promise.all(['vhosts', 'users'].map((path) => manage({ url, ...admin }, 'GET', path)))
  const all = found.flat() as { readonly name: string }[]
  return {
    names: all.map(({ name }) => name).filter((name) => name.startsWith('warren-test-')),
    processes: descendants(process.pid).length,
  }
}
