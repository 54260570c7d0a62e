import { readFile, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { expect, inject, test } from 'vitest'
import { startChangedDev } from '../support/dev.ts'

test('npm run dev keeps a ledger where its setting says so: who waits for a task is told of its end', async () => {
  await using dev = await startChangedDev(inject('broker'), async (copy) => {
    const file = resolve(copy, 'local/crew-settings.ts')
    const settings = await readFile(file, 'utf8')
    const changed = settings.replace('keepsLedger: boolean = false', 'keepsLedger: boolean = true')
    expect(changed).not.toBe(settings)
    await writeFile(file, changed)
  })
  const [id] = await dev.send({ type: 'sleep', payload: { ms: 1 } })
  const answer = await fetch(`${dev.local.endpoint}/tasks/${id}?wait=20`)
  expect(answer.status).toBe(200)
  expect(await answer.json()).toMatchObject({ id, type: 'sleep', state: 'done', tries: 1 })
})
