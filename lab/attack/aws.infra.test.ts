import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { tryRoles } from './aws.ts'
import { acceptable } from './aws-attempts.ts'
import { decide, type Statement } from './iam.ts'
import { awsHeading, awsPart } from './page.ts'

describe('a decision, as IAM’s', () => {
  const allow: Statement = { Effect: 'Allow', Action: 's3:Get*', Resource: 'arn:aws:s3:::b/*' }
  const object = 'arn:aws:s3:::b/key'

  it('is a refusal where nothing allows it', () => {
    expect(decide([], 's3:GetObject', object)).toBe('refused')
    expect(decide([allow], 's3:PutObject', object)).toBe('refused')
    expect(decide([allow], 's3:GetObject', 'arn:aws:s3:::c/key')).toBe('refused')
  })

  it('is what an allow says, whatever the case of the action', () => {
    expect(decide([allow], 'S3:getObject', object)).toBe('possible')
    expect(decide([{ ...allow, Condition: {} }], 's3:GetObject', object)).toBe('possible under a condition')
  })

  it('is a refusal where anything denies it, and depends where that has a condition', () => {
    const deny: Statement = { Effect: 'Deny', Action: '*', Resource: '*' }
    expect(decide([allow, deny], 's3:GetObject', object)).toBe('refused')
    expect(decide([allow, { ...deny, Condition: {} }], 's3:GetObject', object)).toBe(
      'possible under a condition',
    )
  })
})

describe('a stolen role', () => {
  const { possible, tried } = tryRoles('test-cluster')

  it('can do nothing of which nobody has said why that is acceptable', () => {
    const actions = new Set(possible.map(({ action }) => action))
    expect(tried).toBeGreaterThan(10_000)
    expect([...actions].filter((action) => !acceptable[action])).toEqual([])
    expect(Object.keys(acceptable).filter((action) => !actions.has(action))).toEqual([])
  })

  it('docs/attack.md says all that it can do (npm run attack -w lab writes it again)', () => {
    const page = readFileSync(resolve(import.meta.dirname, '../../docs/attack.md'), 'utf8')
    expect(awsHeading + page.split(awsHeading)[1]).toBe(awsPart({ possible, tried }))
  })
})
