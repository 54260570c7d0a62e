import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { assault, brokerAttempts, expected, managementAttempts } from './assault.ts'
import { thieves } from './attempt.ts'
import { awsHeading, brokerPart, unexcused } from './page.ts'

describe('a stolen broker password', () => {
  let results: Awaited<ReturnType<typeof assault>>
  beforeAll(async () => {
    results = await assault()
  }, 600_000)

  const outcomesOf = (what: string, management: boolean) =>
    (management ? results.management : results.broker).find((result) => result.what === what)?.outcomes

  it.each(brokerAttempts)('with AMQP: $what', (attempt) => {
    expect(outcomesOf(attempt.what, false)).toEqual(expected(attempt))
  })

  it.each(managementAttempts)('with the management API: $what', (attempt) => {
    expect(outcomesOf(attempt.what, true)).toEqual(expected(attempt))
  })

  it('is good for no other vhost', () => {
    expect(outcomesOf('enter another vhost', false)).toEqual(expected({ may: [] }))
  })

  it('can do nothing of which nobody has said why that is acceptable', () => {
    expect(unexcused([...brokerAttempts, ...managementAttempts])).toEqual([])
    expect(thieves).toHaveLength(5)
  })

  it('docs/attack.md says what came of it (npm run attack -w lab writes it again)', () => {
    const page = readFileSync(resolve(import.meta.dirname, '../../docs/attack.md'), 'utf8')
    expect(page.split(awsHeading)[0]).toBe(brokerPart(results.broker, results.management))
  })
})
