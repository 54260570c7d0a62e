import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { copyServices } from '../support/test-tasks.ts'

const handler = `class NoSuchImage extends Error {
  constructor(message) {
    super(message)
    this.name = new.target.name
  }
}
async function fetchImage() { throw new NoSuchImage('no') }
const resize = async () => { await fetchImage() }
export default async () => { await resize() }
`

test('in the bundle of the worker, stacks and errors have the names that are in the sources', () => {
  using services = copyServices()
  services.add({ type: 'own', handler })
  const script = `const { default: handler } = await import(process.argv[1])
    await handler().catch(({ name, stack }) => console.log(name, stack))`
  const file = join(services.bundleWorker(), 'worker/handlers/own.handler.mjs')
  const argv = ['--enable-source-maps', '--input-type=module', '-e', script, file]
  const printed = execFileSync(process.execPath, argv, { encoding: 'utf8' })
  expect(printed).toMatch(/^NoSuchImage NoSuchImage: no\n/)
  expect(printed).toMatch(/ at fetchImage \(\S+own\.handler\.ts:7:\d+\)\n.* at resize \(/)
})
