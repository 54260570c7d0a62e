import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, inject, test } from 'vitest'
import { startDev } from '../support/dev.ts'

test('npm run dev -- --ledger keeps a ledger: who waits for a task is told of its end', async () => {
  await using dev = await startDev(inject('broker'), { options: ['--ledger'] })
  expect(dev.output).toMatch(/^Ledger +kept, in memory$/m)
  const [id] = await dev.send({ type: 'sleep', payload: { ms: 1 } })
  const answer = await fetch(`${dev.local.endpoint}/tasks/${id}?wait=20`)
  expect(answer.status).toBe(200)
  expect(await answer.json()).toMatchObject({ id, type: 'sleep', state: 'done', tries: 1 })

  // what npm run contract writes is what this endpoint serves
  await promisify(execFile)(process.execPath, ['ops/contract.ts', 'api'], { cwd: dev.copy })
  const written = JSON.parse(await dev.read('api/openapi.json'))
  expect(await (await fetch(`${dev.local.endpoint}/openapi.json`)).json()).toEqual(written)
  expect(Object.keys(written.paths)).toContain('/tasks/{id}')
})
