import { expect, it } from 'vitest'
import * as z from 'zod'
import { type Client, createClient } from '../../client/src/client.ts'
import type { TaskReport } from '../../client/src/task.ts'
import type { TaskStatus } from '../../services/contract/ledger.ts'
import { taskType } from '../../services/contract/task-type.ts'

const resize = taskType({
  type: 'resize',
  payload: z.object({ image: z.url(), width: z.int(), format: z.enum(['png', 'webp']).default('webp') }),
  handler: './resize.handler.ts',
})
interface Mail {
  readonly type: 'mail'
  readonly payload: { readonly to: string }
}
const image = 'https://example.com'

// the compiler asserts here: `npm run check`
it('types and payloads are those of the declarations, or of plain types', () => {
  const typed = async ({ send, sendBatch }: Client<typeof resize | Mail>) => {
    await send('resize', { image, width: 80 }, { priority: 3, id: 'a', delaySeconds: 5, tenant: 'acme' })
    await send('mail', { to: 'a' }, { unique: 'key', uniqueSeconds: 60 })
    await sendBatch([
      { type: 'mail', payload: { to: 'a' }, tenant: 'acme' },
      { type: 'resize', payload: { image, width: 80, format: 'png' } },
    ])
    // @ts-expect-error no such type
    await send('male', { to: 'a' })
    // @ts-expect-error width is a number
    await send('resize', { image, width: '80' })
    // @ts-expect-error the payload of another type
    await send('resize', { to: 'a' })
    // @ts-expect-error no such option
    await send('mail', { to: 'a' }, { colour: 'red' })
    // @ts-expect-error the payload of another type
    await sendBatch([{ type: 'resize', payload: { to: 'a' } }])
  }
  expect(typed).toBeTypeOf('function')
})

it('without a type parameter the source takes any type', () => {
  const { send } = createClient({ endpoint: 'http://127.0.0.1:1' })
  const typed = () => send('any', { of: 'all' })
  expect(typed).toBeTypeOf('function')
})

it('a report is what the ledger answers', () => {
  const read = (status: TaskStatus): TaskReport => status
  const written = ({ result: _, ...report }: TaskReport): TaskStatus => ({ ...report })
  const everything: Record<keyof TaskStatus, true> = {} as Record<keyof TaskReport, true>
  expect([read, written, everything]).toHaveLength(3)
})
