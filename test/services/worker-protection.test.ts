import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Logger } from '../../services/contract/log.ts'
import { Intake } from '../../services/worker/intake.ts'
import { protectionTiming, TaskProtection } from '../../services/worker/protection.ts'
import { type AgentMood, startEcsAgent, type TestEcsAgent } from '../support/ecs-agent.ts'
import { until } from '../support/until.ts'

const on = (ExpiresInMinutes: number) => ({ ProtectionEnabled: true, ExpiresInMinutes })
const off = { ProtectionEnabled: false }

let agent: TestEcsAgent
let warnings: object[]
let intake: Intake
beforeEach(async () => {
  agent = await startEcsAgent()
  warnings = []
  intake = new Intake()
})
afterEach(() => agent[Symbol.asyncDispose]())

const quick = { ...protectionTiming, longMs: 20, requestMs: 200, retryMs: 20, maxRetryMs: 80, gapMs: 50 }
const types = new Map(
  [30, 90, 3_600, 86_400].map((timeoutSeconds) => [`up-to-${timeoutSeconds}`, { timeoutSeconds }]),
)

function protect(timing: Partial<typeof protectionTiming> = {}): TaskProtection {
  const nothing = () => undefined
  const log: Logger = {
    debug: nothing,
    info: nothing,
    error: nothing,
    warn: (_, fields = {}) => warnings.push(fields),
  }
  return new TaskProtection({ agentUri: agent.uri, types, intake, log, timing: { ...quick, ...timing } })
}

const asked = (count: number) =>
  until(() => agent.requests.length >= count, { within: 10, what: `${count} requests to ECS` })
const warned = () => until(() => warnings[0], { within: 10, what: 'a warning' })
const letPass = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe('protection from scale-in', () => {
  it('is on while a task runs that has run for long, for as long as its type allows, and then off', async () => {
    const protection = protect()
    protection.began(0, 0, 'up-to-3600')
    await asked(1)
    protection.ended({ slot: 0 })
    await asked(2)
    expect(agent.requests).toEqual([on(60), off])
  })

  it.each([
    ['up-to-30', 1],
    ['up-to-90', 2],
    ['up-to-86400', 1_440],
  ])('of %s expires after %i minutes', async (type, minutes) => {
    protect().began(0, 0, type)
    await asked(1)
    expect(agent.requests).toEqual([on(minutes)])
  })

  it('is not asked for by tasks that end before', async () => {
    const protection = protect({ longMs: 100 })
    for (const slot of [0, 1, 0, 1]) {
      protection.began(slot, 0, 'up-to-90')
      protection.ended({ slot })
    }
    protection.began(2, 0, 'up-to-3600')
    await asked(1)
    expect(agent.requests).toEqual([on(60)])
  })

  it('is renewed for a task that may last longer, not for one that may not, and ends with the last', async () => {
    const protection = protect()
    protection.began(0, 0, 'up-to-90')
    await asked(1)
    protection.began(1, 0, 'up-to-86400')
    await asked(2)
    protection.began(2, 0, 'up-to-3600')
    await letPass(60)
    for (const slot of [1, 0]) protection.ended({ slot })
    await letPass(60)
    expect(agent.requests).toEqual([on(2), on(1_440)])
    protection.ended({ slot: 2 })
    await asked(3)
    expect(agent.requests.at(-1)).toEqual(off)
  })

  it.each<[AgentMood, RegExp]>([
    ['refuses', /403 .*AccessDeniedException/],
    ['fails', /200 .*TASK_NOT_VALID/],
    ['throttles', /400 .*ThrottlingException/],
    ['hangs', /TimeoutError/],
  ])('is asked for again, ever more seldom, where ECS %s; one warning a minute', async (mood, reason) => {
    agent.mood = mood
    const protection = protect()
    protection.began(0, 0, 'up-to-90')
    await asked(3)
    expect(await warned()).toEqual({ reason: expect.stringMatching(reason) })
    agent.mood = 'grants'
    const before = agent.requests.length
    await asked(before + 1)
    protection.ended({ slot: 0 })
    await until(() => agent.requests.at(-1)?.ProtectionEnabled === false, {
      within: 10,
      what: 'the end of protection',
    })
    expect(agent.requests.slice(0, -1)).toEqual(Array(agent.requests.length - 1).fill(on(2)))
    expect(warnings).toHaveLength(1)
  })

  it('waits twice as long after each refusal, up to a limit', async () => {
    agent.mood = 'throttles'
    const times: number[] = []
    const protection = protect({ retryMs: 40, maxRetryMs: 160 })
    protection.began(0, 0, 'up-to-90')
    for (let count = 1; count <= 6; count += 1) {
      await asked(count)
      times.push(Date.now())
    }
    protection.ended({ slot: 0 })
    // at least half of 40, 80, 160, 160, 160
    expect((times[5] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(300 - 55)
  })

  it('is ended where ECS has refused it only if it may have been granted', async () => {
    agent.mood = 'refuses'
    const refused = protect()
    refused.began(0, 0, 'up-to-90')
    await warned()
    refused.ended({ slot: 0 })
    await letPass(200)
    expect(agent.requests).not.toContainEqual(off)
    agent.mood = 'hangs'
    const unknown = protect({ requestMs: 30 })
    unknown.began(0, 0, 'up-to-90')
    await until(() => warnings[1], { within: 10, what: 'a time-out' })
    agent.mood = 'grants'
    unknown.ended({ slot: 0 })
    await until(() => agent.requests.at(-1)?.ProtectionEnabled === false, {
      within: 10,
      what: 'the end of protection',
    })
    expect(warnings).toHaveLength(2)
  })

  it('has a gap after a time without one: nothing new is taken until it is off for a while', async () => {
    const protection = protect({ pauseAfterMs: 200 })
    protection.began(0, 0, 'up-to-3600')
    await asked(1)
    protection.began(1, 0, 'up-to-86400')
    await asked(2)
    protection.ended({ slot: 0 })
    await until(() => !intake.isOpen, { within: 10, what: 'the worker to take nothing new' })
    expect(agent.requests).not.toContainEqual(off)
    protection.ended({ slot: 1 })
    expect(intake.isOpen).toBe(false)
    await intake.changed
    expect(intake.isOpen).toBe(true)
    expect(agent.requests.at(-1)).toEqual(off)
  })

  it('has no gap made for it where it ends by itself in time', async () => {
    const protection = protect({ pauseAfterMs: 600 })
    for (let round = 1; round <= 5; round += 1) {
      protection.began(0, 0, 'up-to-3600')
      await asked(2 * round - 1)
      protection.ended({ slot: 0 })
      await asked(2 * round)
      await letPass(60)
    }
    expect(intake.isOpen).toBe(true)
  })

  it('does not keep a worker from taking tasks for longer than the gap, even if ECS cannot be told that it is off', async () => {
    const protection = protect({ pauseAfterMs: 60 })
    protection.began(0, 0, 'up-to-3600')
    await asked(1)
    agent.mood = 'hangs'
    await until(() => !intake.isOpen, { within: 10, what: 'the worker to take nothing new' })
    protection.ended({ slot: 0 })
    await intake.changed
    expect(intake.isOpen).toBe(true)
  })
})
