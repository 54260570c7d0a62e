import { expect, test } from 'vitest'
import * as z from 'zod'
import { publishes, publishesTo } from '../../services/contract/publishing.ts'
import { taskType } from '../../services/contract/task-type.ts'

const base = { payload: z.any(), handler: './x.handler.ts' } as const
const resize = { ...taskType({ ...base, type: 'resize' }), queue: 'images' }
const page = { ...taskType({ ...base, type: 'page', sends: [resize, 'mail'] }), queue: 'tasks' }
const mail = { ...taskType({ ...base, type: 'mail', retryLater: { max: 3 } }), queue: 'mails' }
const archive = { ...taskType({ ...base, type: 'archive', continues: true }), queue: 'archives' }
const all = [resize, page, mail, archive]

// tasks of any type may be in any queue: a type that moves leaves them behind
test.each([
  ['images', ['images', 'mails']],
  ['tasks', ['images', 'mails', 'tasks']],
  ['mails', ['images', 'mails']],
  ['archives', ['archives', 'images', 'mails']],
])('the workers of %s publish to %o, and nowhere else', (queue, to) => {
  expect(publishesTo(all, queue)).toEqual(to)
})

test('workers of whatever queue publish nowhere where no type sends, continues or is put off', () => {
  expect(publishesTo([resize], 'tasks')).toEqual([])
})

test('a type that lists itself by name sends to its own queue', () => {
  expect(
    publishesTo([{ ...taskType({ ...base, type: 'crawl', sends: ['crawl'] }), queue: 'tasks' }], 'tasks'),
  ).toEqual(['tasks'])
})

test('workers publish for what sends, continues or is put off', () => {
  expect(all.map(publishes)).toEqual([false, true, true, true])
})
