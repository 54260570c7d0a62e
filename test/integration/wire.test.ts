import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { Ajv } from 'ajv'
import { expect, inject, test } from 'vitest'
import { documented } from '../../infra/bundle/documented.ts'
import { asyncApi } from '../../services/contract/documents/asyncapi.ts'
import { routeTo } from '../../services/contract/route.ts'
import { amqpUrl, pika } from '../support/pika.ts'
import { createQueue, type TestQueue } from '../support/queue.ts'
import { startWorker } from '../support/worker-process.ts'

/** What docs/wire.md tells clients of other languages to do is done here, as it stands there. */
const root = resolve(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/wire.md'), 'utf8')
const run = promisify(execFile)

/** The page's only block of code in a language. */
function example(language: string): string {
  const blocks = [...page.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))]
  expect(blocks.map(([block]) => block)).toHaveLength(1)
  return blocks[0]?.[1] ?? ''
}

/** What an example has sent is as asyncapi.json says; it is put back as it was. */
async function isDescribed(queue: TestQueue): Promise<void> {
  const message = await queue.take()
  if (message === false) throw new Error('the example has sent nothing')
  const { content, properties } = message
  const document = asyncApi(documented(), queue.name)
  const ajv = new Ajv({ strict: false, validateFormats: false }).addSchema(document, 'asyncapi')
  const fits = (component: string, value: unknown) => {
    ajv.validate(`asyncapi#/components/${component}`, value)
    expect(ajv.errorsText(), component).toBe('No errors')
  }
  fits('schemas/Headers', properties.headers)
  fits(`schemas/payload.${properties.type}`, JSON.parse(content.toString()))
  fits(`messages/${properties.type}/x-amqp-properties`, {
    'message-id': properties.messageId,
    type: properties.type,
    'delivery-mode': properties.deliveryMode,
  })
  await queue.publishRaw(content, properties)
}

/** A worker does the task that an example has sent, once. */
async function isDone(queue: TestQueue, waitIsKnown: boolean): Promise<void> {
  expect(await queue.counts()).toMatchObject({ ready: 1 })
  await isDescribed(queue)
  await using worker = startWorker(inject('bundles'), queue.environment('worker'))
  const [line, ...more] = await worker.ended(1)
  expect(line).toMatchObject({ id: 'order-1042', type: 'sleep', priority: 4, outcome: 'done' })
  expect(more).toEqual([])
  if (waitIsKnown) expect(Math.abs(line?.waitMs ?? Number.NaN)).toBeLessThan(60_000)
  else expect(line?.waitMs).toBeNull()
}

const variables = (queue: TestQueue) => ({
  ...process.env,
  QUEUE: queue.name,
  AMQP_URL: amqpUrl(queue.environment('producer')),
})

test('the example in Python sends a task', async (context) => {
  const installed = await pika()
  if (typeof installed === 'string') return context.skip(installed)
  await using queue = await createQueue(inject('broker'))
  await run('python3', ['-c', example('python')], { env: { ...variables(queue), ...installed } })
  await isDone(queue, true)
})

test('the example in Go sends a task', async (context) => {
  const program = await compiled(example('go'))
  if ('missing' in program) return context.skip(program.missing)
  await using queue = await createQueue(inject('broker'))
  await run(program.path, { env: variables(queue) })
  await isDone(queue, true)
  // as the example says, with its own words
  const unknown = { ...variables(queue), QUEUE: 'no-such-queue' }
  await expect(run(program.path, { env: unknown })).rejects.toThrow(/not accepted/)
})

test('the example for a shell sends a task', async () => {
  const { admin, managementUrl, vhost } = inject('broker')
  await using queue = await createQueue(inject('broker'))
  const script = example('sh').replace('/%2F/', `/${encodeURIComponent(vhost)}/`)
  const env = {
    ...variables(queue),
    ADMIN: `${admin.username}:${admin.password}`,
    MANAGEMENT_URL: managementUrl,
  }
  const { stdout } = await run('sh', ['-c', script], { env })
  expect(JSON.parse(stdout)).toEqual({ routed: true })
  await isDone(queue, false)
})

test('the page’s example of a delay goes where a delay goes', () => {
  const { exchange, routingKey } = routeTo('tasks', 6)
  expect(page).toContain(`6 seconds: exchange \`${exchange}\`, key \`${routingKey}\``)
})

/** Compiles a program of Go with the client that the page names, where there is a Go. */
async function compiled(source: string): Promise<{ readonly path: string } | { readonly missing: string }> {
  const folder = join(root, '.warren/go-example')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'main.go'), source)
  writeFileSync(join(folder, 'go.mod'), goMod)
  writeFileSync(join(folder, 'go.sum'), goSum)
  const options = { cwd: folder, env: { ...process.env, CGO_ENABLED: '0' } }
  try {
    await run('go', ['mod', 'download'], options)
  } catch (error) {
    const why = error instanceof Error ? error.message : error
    return { missing: `a Go that can fetch modules is needed for the example: ${why}` }
  }
  await run('go', ['build', '-o', 'example', '.'], options)
  return { path: join(folder, 'example') }
}

const goMod = `module example

go 1.20

require github.com/rabbitmq/amqp091-go v1.16.0
`
const goSum = `github.com/rabbitmq/amqp091-go v1.16.0 h1:1O8oQqnj9hLACoo6CVMgn57z2pLWXvgemhh4GsquV+Y=
github.com/rabbitmq/amqp091-go v1.16.0/go.mod h1:Hy4jKW5kQART1u+JkDTF9YYOQUHXqMuhrgxOEeS7G4o=
go.uber.org/goleak v1.3.0 h1:2K3zAYmnTNqV73imy9J1T3WC+gmCePx2hEGkimedGto=
go.uber.org/goleak v1.3.0/go.mod h1:CoHD4mav9JJNrW/WLlf7HGZPjdw8EucARQHekz1X6bE=
`
