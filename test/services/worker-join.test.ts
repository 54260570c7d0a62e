import type { Message } from 'amqplib'
import { expect, test } from 'vitest'
import { joinHeader, thenHeader } from '../../services/contract/ledger.ts'
import { joinHeaders, joinOf } from '../../services/worker/join.ts'

const message = (headers: object) => ({ properties: { headers } }) as unknown as Message
const last = (payload: string) => ({ id: 'p.then', type: 'all', content: Buffer.from(payload) })

test('what comes last is as it was sent, however deep its payload is nested', () => {
  for (const payload of ['{"a":[1,null,"é\\n"]}', '['.repeat(2_500) + ']'.repeat(2_500)])
    expect(joinOf(message(joinHeaders('p', 3, last(payload))))).toEqual({
      parent: 'p',
      index: 3,
      last: last(payload),
    })
})

test('what no handler could have sent is no join, and no error', () => {
  const deep = '['.repeat(50_000) + ']'.repeat(50_000)
  for (const text of [`{"id":"p.then","type":"all","payload":${deep}}`, deep, '{', undefined])
    expect(joinOf(message({ [joinHeader]: 'p/0', [thenHeader]: text }))).toBeUndefined()
})
