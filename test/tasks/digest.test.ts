import { expect, test } from 'vitest'
import { runTask } from '../../local/testing/run-task.ts'
import { digest } from '../../services/tasks/digest.ts'

test('digest gives the same sum for the same id, and logs it', async () => {
  const runs = await Promise.all(['a', 'a', 'b'].map((id) => runTask(digest, { rounds: 10 }, { id })))
  const [first, second, other] = runs.map(({ log }) => log[0]?.['sum'])
  expect(first).toMatch(/^[\da-f]{64}$/)
  expect(second).toBe(first)
  expect(other).not.toBe(first)
})
