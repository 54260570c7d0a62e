import { resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { runTask } from '../../local/testing/run-task.ts'
import {
  type Handler,
  PermanentTaskError,
  RetryLaterError,
  type TaskType,
  taskType,
} from '../../services/contract/task-type.ts'

const text = z.object({ text: z.string().min(1), at: z.iso.datetime().optional(), n: z.int().default(3) })
const plain = taskType({ type: 'plain', payload: text, handler: './plain.handler.ts' })
const sending = taskType({
  ...{ type: 'sending', payload: text, sends: ['sending'], continues: true, handler: './sending.handler.ts' },
})
const patient = taskType({ ...plain, type: 'patient', retryLater: { max: 1 } })

/** A declaration whose module the test makes up. */
function withModule(name: string, module: object): TaskType {
  vi.doMock(resolve(import.meta.dirname, `../../services/tasks/${name}.handler.ts`), () => module)
  return taskType({ type: name, payload: z.unknown(), handler: `./${name}.handler.ts` })
}

describe('runTask', () => {
  it('hands over the payload as its schema makes it of JSON, and the context', async () => {
    const handler = vi.fn<Handler<typeof plain>>(() => undefined)
    const run = await runTask(plain, { text: 'x', at: undefined }, { handler, id: 'a', deliveryCount: 2 })
    expect(run).toEqual({ outcome: 'done', sent: [], progress: [], log: [] })
    const [[payload, context] = []] = handler.mock.calls
    expect(payload).toStrictEqual({ text: 'x', n: 3 })
    expect(context).toMatchObject({ id: 'a', deliveryCount: 2, traceparent: undefined })
  })

  it('does not run the handler where the payload does not fit, and says why', async () => {
    const handler = vi.fn<Handler<typeof plain>>()
    const run = await runTask(plain, { text: '' }, { handler })
    expect(run).toMatchObject({
      outcome: 'unreadable',
      reason: expect.stringMatching(/^payload does not fit: .*text/),
    })
    expect(handler).not.toHaveBeenCalled()
  })

  it('loads the module that the type declares, so that vi.mock reaches it', async () => {
    const found = withModule('found', { default: () => 'from the module' })
    expect(await runTask(found, 1)).toMatchObject({ outcome: 'done', result: 'from the module' })
  })

  it.each([
    ['a module that is not there', () => taskType({ ...plain, handler: './no-such.handler.ts' }), 'no-such'],
    [
      'a module without a handler',
      () => withModule('empty', { default: undefined }),
      'no function as default',
    ],
  ])('fails for %s', async (_, declared, reason) => {
    expect(await runTask(declared(), { text: 'x' })).toMatchObject({
      outcome: 'failed',
      reason: expect.stringContaining(reason),
    })
  })

  it.each([
    ['failed', new TypeError('no'), 'TypeError: no'],
    ['permanent-failure', new PermanentTaskError('never'), 'PermanentTaskError: never'],
    ['failed', new RetryLaterError(5, 'busy'), /^RetryLaterError: busy \(uncounted if plain declared/],
  ])('ends as %s when the handler throws: %s', async (outcome, error, reason) => {
    const handler: Handler<typeof plain> = () => {
      throw error
    }
    const run = await runTask(plain, { text: 'x' }, { handler })
    expect(run).toMatchObject({ outcome, log: [], sent: [] })
    expect(run.reason).toMatch(reason)
    expect(run.error).toBe(error)
  })

  it('puts off what its type allows to be put off', async () => {
    const handler = () => Promise.reject(new RetryLaterError(4.2, 'busy'))
    expect(await runTask(patient, { text: 'x' }, { handler })).toMatchObject({
      outcome: 'later',
      laterSeconds: 5,
      reason: 'RetryLaterError: busy',
    })
  })

  it('collects what is sent, with the ids that a worker would give, and the rest of a slice', async () => {
    const handler: Handler<typeof sending> = (_, { send, continueWith }) => {
      send('sending', { text: 'first' })
      send('sending', { text: 'second' }, { id: 'own', priority: 9, delaySeconds: 60 })
      continueWith({ text: 'rest' })
    }
    const { outcome, reason, sent, continuesWith } = await runTask(
      sending,
      { text: 'x' },
      { handler, id: 'p' },
    )
    expect(outcome, reason).toBe('done')
    expect(sent).toStrictEqual([
      { id: 'p.1', type: 'sending', payload: { text: 'first' } },
      { id: 'own', type: 'sending', priority: 9, delaySeconds: 60, payload: { text: 'second' } },
    ])
    expect(continuesWith).toEqual({ text: 'rest' })
  })

  it('sends nothing of a handler that throws, and refuses what its type may not send', async () => {
    const throwing: Handler<typeof sending> = (_, { send }) => {
      send('sending', { text: 'first' })
      throw new Error('after it')
    }
    expect(await runTask(sending, { text: 'x' }, { handler: throwing })).toMatchObject({
      outcome: 'failed',
      sent: [],
    })
    const undeclared: Handler<typeof plain> = (_, { send }) => void send('other' as never, {} as never)
    expect(await runTask(plain, { text: 'x' }, { handler: undeclared })).toMatchObject({
      outcome: 'failed',
      reason: 'SendError: send("other"): task type plain may not: list it in sends of its declaration',
    })
  })

  it('collects log lines of all levels, with what a worker adds to them', async () => {
    const handler: Handler<typeof plain> = (_, { log }) => {
      log.debug('looked', { at: 1 })
      log.warn('strange')
    }
    const { log } = await runTask(plain, { text: 'x' }, { handler, id: 'a' })
    expect(log).toMatchObject([
      { level: 'debug', msg: 'looked', at: 1, id: 'a', type: 'plain' },
      { level: 'warn', msg: 'strange', id: 'a', type: 'plain' },
    ])
  })

  it('fires the signal after the time limit, and ends as timed out', async () => {
    const handler: Handler<typeof plain> = async (_, { signal }) => {
      await setTimeout(60_000, undefined, { signal })
    }
    const run = await runTask(plain, { text: 'x' }, { handler, timeoutSeconds: 0.01 })
    expect(run).toMatchObject({
      outcome: 'timed-out',
      reason: 'not done within the 0.01 s that its type allows',
    })
    expect(run.error).toMatchObject({ name: 'AbortError' })
  })

  it('leaves a handler alone that ignores its signal, once the grace is over', async () => {
    vi.useFakeTimers()
    const handler = () => new Promise<void>(() => undefined)
    const running = runTask(plain, { text: 'x' }, { handler })
    await vi.advanceTimersByTimeAsync(60_000 + 4_999)
    const tooEarly = await Promise.race([running, 'running'])
    await vi.advanceTimersByTimeAsync(1)
    vi.useRealTimers()
    expect(tooEarly).toBe('running')
    expect(await running).toMatchObject({ outcome: 'timed-out' })
  })

  it.each([
    ['before', 'at once'],
    ['while', 'it runs'],
  ])('hands back when the caller stops it %s %s', async (when) => {
    const shutdown = new AbortController()
    const stop = () => shutdown.abort(new Error('deploying'))
    if (when === 'before') stop()
    const reasons: string[] = []
    const handler: Handler<typeof plain> = async (_, { signal }) => {
      if (when === 'while') queueMicrotask(stop)
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve))
      reasons.push(signal.reason.message)
    }
    const run = await runTask(plain, { text: 'x' }, { handler, signal: shutdown.signal })
    expect(run).toMatchObject({ outcome: 'handed-back', reason: 'deploying' })
    expect(reasons).toEqual(['deploying'])
  })

  it('tells the type of what may be sent and handed over', async () => {
    // @ts-expect-error the payload is not of the type that is declared
    const { outcome } = await runTask(plain, { text: 1 }, { handler: () => undefined })
    expect(outcome).toBe('unreadable')
  })
})
