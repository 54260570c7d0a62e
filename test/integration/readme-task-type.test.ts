import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { startProducer } from '../support/producer.ts'
import { createQueue } from '../support/queue.ts'
import { copyServices, type ServicesCopy } from '../support/test-tasks.ts'
import { startWorker } from '../support/worker-process.ts'

const root = resolve(import.meta.dirname, '../..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const sends = readFileSync(join(root, 'docs/sends.md'), 'utf8')

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
    const bundles = bundleWith(services, {
      'resize.ts': shown('resize.ts'),
      'resize.handler.ts': shown('resize.handler.ts'),
    })
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

describe('a handler that sends, as docs/sends.md says', () => {
  it('compiles, and its tasks are sent and done; so does one that goes on in slices', async () => {
    using services = copyServices()
    const [gallery = '', handler = '', slices = ''] = [...sends.matchAll(/```ts\n([\s\S]*?)```/g)].map(
      ([, block]) => block,
    )
    const declaring = `import * as z from 'zod'\nimport { taskType } from '../contract/task-type.ts'\n`
    const handling = `import type { Handler } from '../contract/task-type.ts'\n`
    const bundles = bundleWith(services, {
      'resize.ts': shown('resize.ts'),
      'resize.handler.ts': shown('resize.handler.ts'),
      'gallery.ts': `${declaring}import { resize } from './resize.ts'\n${gallery}`,
      'gallery.handler.ts': `${handling}import type { gallery } from './gallery.ts'\n${handler}export default handler\n`,
      'archive.ts': `${declaring}export const archive = taskType({
  type: 'archive', payload: z.object({ from: z.int(), to: z.int() }), continues: true, handler: './archive.handler.ts',
})
`,
      'archive.handler.ts': `${handling}import type { archive } from './archive.ts'
const copyRows = async (from: number, count: number) => from + count
${slices}export default handler
`,
    })
    await using queue = await createQueue(inject('broker'), { workerPublishes: true })
    await using worker = startWorker(bundles, queue.environment('worker'))
    await using images = await serveAnImage()
    await queue.publish(
      { id: 'a', type: 'archive', payload: { from: 0, to: 20_000 } },
      { id: 'g', type: 'gallery', payload: { images: [images.url, images.url] } },
    )
    const tries = await worker.ended(5)
    expect(tries.map(({ id, outcome }) => `${id} ${outcome}`).toSorted()).toEqual(
      ['a', 'a', 'g', 'g.1', 'g.2'].map((id) => `${id} done`),
    )
  })
})

/** Adds the files, and a line for each type to the registry; gives the folder of the bundles. */
function bundleWith({ folder }: ServicesCopy, files: Readonly<Record<string, string>>): string {
  const tasks = join(folder, 'services/tasks')
  for (const [file, text] of Object.entries(files)) writeFileSync(join(tasks, file), text)
  const added = Object.keys(files).filter((file) => !file.endsWith('.handler.ts'))
  const names = added.map((file) => file.replace('.ts', ''))
  const registry = readFileSync(join(tasks, 'registry.ts'), 'utf8')
  writeFileSync(
    join(tasks, 'registry.ts'),
    registry
      .replace('\n\n', `\n${names.map((name) => `import { ${name} } from './${name}.ts'\n`).join('')}\n`)
      .replace(/(taskTypes: .*)\]/, `$1, ${names.join(', ')}]`),
  )
  execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', 'services'], { cwd: folder, stdio: 'inherit' })
  const script = `import { bundle } from './infra/bundle/bundle.ts'; bundle('dist')`
  execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: folder })
  return join(folder, 'dist')
}

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
