import { describe, expect, it } from 'vitest'
import { createClient } from '../../client/src/client.ts'
import { NoAnswerError } from '../../client/src/errors.ts'
import { finalStates, ledgerLimits } from '../../services/contract/ledger.ts'
import { type Answers, htmlPage, startAnswering } from '../support/answering.ts'

const report = (state: string): Answers => {
  const status = { id: 'a', type: 'sleep', state, tries: 1, acceptedAt: '2026-11-30T00:00:00Z' }
  return () => ({ status: 200, body: status })
}

describe('task', () => {
  it('gives what the ledger has', async () => {
    await using producer = await startAnswering(report('running'))
    expect(await createClient({ endpoint: producer.url }).task('a')).toMatchObject({
      id: 'a',
      state: 'running',
    })
    expect(producer.requests.map(({ path }) => path)).toEqual(['/tasks/a'])
  })

  it('rejects with the problem of an id that nobody knows, asked once', async () => {
    const problem = { status: 404, detail: 'no such task' }
    await using producer = await startAnswering(() => ({ status: 404, body: problem }))
    const error = await createClient({ endpoint: producer.url })
      .task('a')
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(NoAnswerError)
    expect(error).toMatchObject({
      message: `GET ${producer.url}/tasks/a: 404 no such task`,
      status: 404,
      problem,
    })
    expect(producer.requests).toHaveLength(1)
  })

  it('asks again while something is away, until the deadline', async () => {
    await using producer = await startAnswering(htmlPage, () => undefined, report('done'))
    expect(await createClient({ endpoint: producer.url }).task('a')).toMatchObject({ state: 'done' })
    await using away = await startAnswering(htmlPage, htmlPage)
    const once = createClient({ endpoint: away.url, deadlineSeconds: 0 })
    await expect(once.task('a')).rejects.toThrow(`GET ${away.url}/tasks/a: 502`)
    expect(away.requests).toHaveLength(1)
  })

  it('rejects with the reason of the signal', async () => {
    const stop = new AbortController()
    await using producer = await startAnswering(() => {
      stop.abort(new Error('enough'))
      return undefined
    })
    const { signal } = stop
    await expect(createClient({ endpoint: producer.url }).task('a', { signal })).rejects.toThrow('enough')
  })
})

describe('wait', () => {
  it.each([...finalStates])(
    'asks until the task is %s, as long at a time as the producer holds',
    async (state) => {
      await using producer = await startAnswering(report('failed'), report(state))
      expect(await createClient({ endpoint: producer.url }).wait('a')).toMatchObject({ state })
      const path = `/tasks/a?wait=${ledgerLimits.waitSeconds}`
      expect(producer.requests.map((request) => request.path)).toEqual([path, path])
    },
  )

  it('gives the state as it is when its time is over', async () => {
    await using producer = await startAnswering(report('accepted'), report('failed'))
    const waited = await createClient({ endpoint: producer.url }).wait('a', { timeoutSeconds: 1 })
    expect(waited).toMatchObject({ state: 'failed' })
    expect(producer.requests.map(({ path }) => path)).toEqual(['/tasks/a?wait=1', '/tasks/a'])
  })

  it('does not ask again, when its time is over, what does not answer', async () => {
    await using away = await startAnswering(htmlPage, htmlPage, report('done'))
    const waiting = createClient({ endpoint: away.url, deadlineSeconds: 60 }).wait('a', { timeoutSeconds: 0 })
    await expect(waiting).rejects.toThrow(`GET ${away.url}/tasks/a: 502`)
    expect(away.requests).toHaveLength(1)
  })

  it('lets a producer hold the request longer than the deadline', async () => {
    const { promise: held, resolve } = Promise.withResolvers<void>()
    await using producer = await startAnswering(async (request) => {
      await held
      return report('done')(request)
    })
    const waiting = createClient({ endpoint: producer.url, deadlineSeconds: 0.5 }).wait('a')
    setTimeout(resolve, 1_000)
    expect(await waiting).toMatchObject({ state: 'done' })
  })
})

describe('depth', () => {
  it('gives the figures of all queues and of each', async () => {
    const depth = { ready: 3, consumers: 2, queues: { tasks: { ready: 3, consumers: 2 } } }
    await using producer = await startAnswering(() => ({ status: 200, body: depth }))
    expect(await createClient({ endpoint: producer.url }).depth()).toEqual(depth)
  })
})
