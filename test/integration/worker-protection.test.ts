import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { type AgentMood, startEcsAgent } from '../support/ecs-agent.ts'
import { createQueue } from '../support/queue.ts'
import { copyServices } from '../support/test-tasks.ts'
import { startWorker } from '../support/worker-process.ts'

/** What takes minutes on ECS takes fractions of a second in the copy that is tested. */
const quick = { longMs: 200, pauseAfterMs: 1_500, gapMs: 2_000, requestMs: 500, retryMs: 100 }

describe('a worker on ECS', () => {
  const services = copyServices()
  let bundles = ''
  beforeAll(() => {
    const file = join(services.folder, 'services/worker/protection.ts')
    let source = readFileSync(file, 'utf8')
    for (const [name, ms] of Object.entries(quick)) {
      const setting = new RegExp(`\\b${name}: [\\d_ *]+,`)
      expect(source).toMatch(setting)
      source = source.replace(setting, `${name}: ${ms},`)
    }
    writeFileSync(file, source)
    bundles = services.bundleWorker()
  })
  afterAll(() => services[Symbol.dispose]())

  it('is protected while a long task runs, pauses now and then, and does every task once', async () => {
    await using agent = await startEcsAgent()
    await using queue = await createQueue(inject('broker'))
    const environment = { ...queue.environment('worker'), WORKER_SLOTS: '2', ECS_AGENT_URI: agent.uri }
    await using worker = startWorker(bundles, environment)
    await worker.line('consuming', { count: 2 })
    // one slot is busy for long, and so the worker protected, while the other does the rest
    const ids = await queue.publish(sleep(5_000), ...Array(16).fill(sleep(400)))

    const paused = Date.parse((await worker.line('pausing: protected for long without a gap')).time)
    await worker.line('consuming', { count: 4 })
    const tries = await worker.ended(ids.length, { within: 60 })
    expect(tries.map(({ id }) => id).sort()).toEqual(ids.toSorted())
    expect(tries.map(({ outcome, deliveryCount }) => [outcome, deliveryCount])).toEqual(
      tries.map(() => ['done', 0]),
    )
    // one began when all before it had ended: the pause lay in front of it
    const begun = tries.toSorted((one, other) => Date.parse(one.startedAt) - Date.parse(other.startedAt))
    const next = begun.findIndex(({ startedAt }, at) => {
      const ended = begun.slice(0, at).map(({ time }) => Date.parse(time))
      return Date.parse(startedAt) > Math.max(paused, ...ended)
    })
    expect(next).toBeGreaterThan(1)
    const asked = agent.requests.map(({ ProtectionEnabled }) => ProtectionEnabled)
    expect(asked.indexOf(false)).toBeGreaterThan(0)
    expect(asked.lastIndexOf(true)).toBeGreaterThan(asked.indexOf(false))
    expect(agent.requests[0]).toEqual({ ProtectionEnabled: true, ExpiresInMinutes: 61 })
    const { lines } = await worker.stop()
    expect(lines.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([])
  })

  it.each<AgentMood>(['refuses', 'fails', 'throttles', 'hangs'])(
    'does its tasks all the same where the agent %s',
    async (mood) => {
      await using agent = await startEcsAgent(mood)
      await using queue = await createQueue(inject('broker'))
      await using worker = startWorker(bundles, { ...queue.environment('worker'), ECS_AGENT_URI: agent.uri })
      await queue.publish(sleep(1_500), sleep(1), sleep(1))
      const tries = await worker.ended(3)
      expect(tries.map(({ outcome }) => outcome)).toEqual(['done', 'done', 'done'])
      expect(agent.requests.length).toBeGreaterThan(0)
      const { lines } = await worker.stop()
      expect(lines.filter(({ level }) => level === 'warn')).toEqual([
        expect.objectContaining({ msg: 'task protection: ECS did not do as asked, the worker goes on' }),
      ])
    },
  )

  it('pays no heed to an agent that is not there', async () => {
    await using queue = await createQueue(inject('broker'))
    const environment = { ...queue.environment('worker'), ECS_AGENT_URI: 'http://127.0.0.1:9/api/0a1b' }
    await using worker = startWorker(bundles, environment)
    await queue.publish(sleep(700))
    expect((await worker.ended(1)).map(({ outcome }) => outcome)).toEqual(['done'])
    expect((await worker.stop()).errors).toBe('')
  })
})

const sleep = (ms: number) => ({ type: 'sleep', payload: { ms } })
