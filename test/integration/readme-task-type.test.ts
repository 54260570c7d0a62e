import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { startProducer } from '../support/producer.ts'
import { createQueue } from '../support/queue.ts'
import { copyServices } from '../support/test-tasks.ts'
import { startWorker } from '../support/worker-process.ts'

const root = resolve(import.meta.dirname, '../..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')

/** The code block that the README shows for this file. */
function shown(file: string): string {
  const [, block] =
    new RegExp(`\`services/tasks/${file}\`[\\s\\S]*?\`\`\`ts\n([\\s\\S]*?)\`\`\``).exec(readme) ?? []
  if (block === undefined) throw new Error(`README.md shows no code for services/tasks/${file}`)
  return block.replaceAll(/^ {3}/gm, '')
}

describe('a task type, added as the README says', () => {
  it('compiles, is accepted by POST /tasks, and is done by the worker', async () => {
    using services = copyServices()
    const tasks = join(services.folder, 'services/tasks')
    for (const file of ['resize.ts', 'resize.handler.ts']) writeFileSync(join(tasks, file), shown(file))
    const registry = readFileSync(join(tasks, 'registry.ts'), 'utf8')
    writeFileSync(
      join(tasks, 'registry.ts'),
      registry
        .replace('\n\n', "\nimport { resize } from './resize.ts'\n\n")
        .replace(/(taskTypes: .*)\]/, '$1, resize]'),
    )

    execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', 'services'], {
      cwd: services.folder,
      stdio: 'inherit',
    })
    const script = `import { bundle } from './infra/bundle/bundle.ts'; bundle('dist')`
    execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: services.folder })

    const bundles = join(services.folder, 'dist')
    await using queue = await createQueue(inject('broker'))
    await using producer = await startProducer(bundles, queue.environment('producer'))
    await using worker = startWorker(bundles, queue.environment('worker'))
    await using images = await serveAnImage()
    const refused = await producer.post({ type: 'resize', payload: { image: images.url, width: 0 } })
    const accepted = await producer.post({ type: 'resize', payload: { image: images.url, width: 80 } })
    expect([refused.status, accepted.status]).toEqual([400, 202])
    expect(await worker.ended(1)).toMatchObject([
      { id: accepted.body.ids[0], type: 'resize', outcome: 'done' },
    ])
    expect(await worker.line('fetched')).toMatchObject({ bytes: 5, width: 80, into: accepted.body.ids[0] })
  })
})

async function serveAnImage(): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((_request, response) => response.end('image')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/a.png`,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close').catch(() => undefined)
    },
  }
}
