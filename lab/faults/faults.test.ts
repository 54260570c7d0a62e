import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkHistory } from '../checker/check.ts'
import { seededRandom } from '../random.ts'
import { asked, faults, inject } from './catalogue.ts'
import type { Fault } from './fault.ts'
import { violations } from './report.ts'
import { runOf } from './run-of.ts'
import { System } from './system.ts'

/**
 * Each fault that is over in ten seconds, once, on one system under load: what the broker suffers beside what all others
 * do, since faults do not wait for each other; then those that want the system for themselves.
 */
const seed = 1
const rate = 60
// by name, a slow one too
const isWanted = (fault: Fault) => (process.env['FAULTS_ONLY'] ? true : !fault.slow)
const quick = faults.filter((fault) => fault.needs === 'node' && isWanted(fault) && asked(fault))
const lanes = [
  quick.filter(({ claims }) => claims === 'broker'),
  quick.filter(({ claims }) => claims !== 'broker' && claims !== 'everything'),
]
const alone = quick.filter(({ claims }) => claims === 'everything')

describe('a system under load', () => {
  let system: System
  const over = new Map(quick.map(({ kind }) => [kind, Promise.withResolvers<void>()]))
  let all: Promise<unknown>

  beforeAll(async () => {
    for (const { promise } of over.values()) promise.catch(() => undefined)
    system = await System.start({ seed, rate })
    const random = seededRandom(seed)
    const oneByOne = async (lane: readonly Fault[]) => {
      for (const fault of lane) {
        const { resolve, reject } = over.get(fault.kind) ?? Promise.withResolvers<void>()
        await inject(fault, system, random.fork()).then(resolve, reject)
      }
    }
    all = Promise.all(lanes.map(oneByOne)).then(() => oneByOne(alone))
  }, 180_000)
  afterAll(() => system?.[Symbol.asyncDispose]())

  // in the order in which they happen: each waits for those before it
  const inOrder = [...lanes.flat(), ...alone].map(({ kind }) => kind)
  it.each(inOrder)('does what it must: %s', { timeout: 300_000 }, async (kind) => {
    await expect(over.get(kind)?.promise).resolves.toBeUndefined()
  })

  it('has lost nothing, done nothing twice without a reason, and told no secret', {
    timeout: 120_000,
  }, async () => {
    await all
    await system.settle()
    await system.stopServices()
    const run = runOf(system, { seed, minutes: 0, failures: [] })
    expect(run.account.repeats.filter(({ because }) => because === undefined)).toEqual([])
    expect(violations(run)).toEqual([])
    expect((await checkHistory(await system.history())).violations).toEqual([])
    expect(run.account.wronglyDead).toEqual([])
    if (!process.env['FAULTS_ONLY']) expect(run.account.confirmed).toBeGreaterThan(1_000)
  })
})
