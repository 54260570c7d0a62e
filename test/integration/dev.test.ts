import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { askQueueDepth } from '../../local/producer-process.ts'
import { type Dev, startDev } from '../support/dev.ts'
import { type OtlpReceiver, pictureOf, startOtlpReceiver } from '../support/otlp-receiver.ts'
import { descendants, isRunning } from '../support/processes.ts'
import { until } from '../support/until.ts'

let dev: Dev
let receiver: OtlpReceiver

beforeAll(async () => {
  receiver = await startOtlpReceiver()
  const variables = { OTEL_EXPORTER_OTLP_ENDPOINT: new URL(receiver.endpoint).origin }
  dev = await startDev(inject('broker'), { variables })
})
afterAll(async () => {
  await dev[Symbol.asyncDispose]()
  await receiver[Symbol.asyncDispose]()
})

describe('npm run dev', () => {
  it('says where everything is, in a file that only its user can read', async () => {
    const { endpoint, brokerUrl, managementUrl, pid } = dev.local
    expect(pid).toBe(dev.pid)
    expect(dev.output).toContain(`curl ${endpoint}/tasks`)
    expect(dev.output).toContain(`${managementUrl}  user ${inject('broker').admin.username}`)
    expect(dev.output).not.toContain(inject('broker').admin.password)
    expect(brokerUrl).toBe(inject('broker').amqpUrl)
    const { mode } = await stat(resolve(dev.copy, '.warren/local.json'))
    expect(mode & 0o777).toBe(0o600)
  })

  it('serves the page at the address that it prints', async () => {
    const [url = ''] = /(?<=Live page +)http\S+/.exec(dev.output) ?? []
    const response = await fetch(url)
    expect(response.status).toBe(200)
    expect(await response.text()).toContain('<title>local · Warren</title>')
  })

  it('prints a line for each task', async () => {
    const [id] = await send(1)
    await dev.seen(new RegExp(`(slow|fast) sleep ${id} \\d+ ms done`))
  })

  it('prints of many no more than can be read, and how many the others were', async () => {
    const ids = await send(...Array.from({ length: 400 }, () => 0))
    const printed = () => ids.filter((id) => dev.output.includes(`${id} `)).length
    const others = () => {
      const counts = [...dev.output.matchAll(/^\.\.\. and (\d+) more done in this second$/gm)]
      return counts.reduce((sum, [, count]) => sum + Number(count), 0)
    }
    await until(() => printed() + others() === ids.length, { within: 170, what: 'all are accounted for' })
    expect(others()).toBeGreaterThan(0)
  })

  it('sends spans where the variables of OpenTelemetry say', async () => {
    const [id] = await send(1)
    const processed = () =>
      receiver.spans.find(
        ({ attributes }) => id === attributes['messaging.message.id'] && attributes['warren.outcome'],
      )
    const { traceId } = await until(processed, { within: 170, what: 'the span of a try' })
    const trace = receiver.spans.filter((span) => span.traceId === traceId)
    expect(pictureOf(trace)).toBe('POST /tasks · 202\n└─ publish tasks\n   └─ process sleep · done')
    const services = ['local-producer', 'local-producer', 'local-worker']
    expect(trace.map(({ resource }) => resource['service.name']).toSorted()).toEqual(services)
    expect(dev.output).toContain(`Spans go to     ${receiver.endpoint}`)
  })

  it('does not start twice', async () => {
    const second = spawn(process.execPath, ['ops/dev.ts'], {
      cwd: dev.copy,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let errors = ''
    second.stderr.setEncoding('utf8').on('data', (part: string) => {
      errors += part
    })
    expect(await once(second, 'close')).toEqual([1, null])
    expect(errors).toContain(`is already running, as process ${dev.pid}`)
  })

  it('goes on with what it has when a change does not build', async () => {
    const handler = resolve(dev.copy, 'services/tasks/sleep.handler.ts')
    const source = await readFile(handler, 'utf8')
    await writeFile(handler, `${source}\nthis is not TypeScript`)
    await dev.seen('the version before still runs')
    const [id] = await send(1)
    await dev.seen(`${id} `)
    await writeFile(
      handler,
      source
        .replace('await setTimeout', "log.warn('changed')\n  await setTimeout")
        .replace('{ signal }', '{ signal, log }'),
    )
    await dev.seen('rebuilt and restarted')
  })

  it('has started the changed handler', async () => {
    await send(1)
    await dev.seen('warn: changed')
  })

  it('says when a schedule that is added is due, and what is wrong with one', async () => {
    const list = resolve(dev.copy, 'services/tasks/schedules.ts')
    const source = await readFile(list, 'utf8')
    const declared = (cron: string) => `import { taskTypes } from './registry.ts'
      export const schedules = [
        { name: 'often', cron: '${cron}', task: { type: taskTypes[0], payload: { ms: 1, rounds: 1 } } },
        { name: 'never-here', cron: '* * * * *', environments: ['sandbox'], task: { type: taskTypes[0] } },
      ]`
    await writeFile(list, declared('* * * * *'))
    await dev.seen(/^schedule often: next at \d{4}-\d\d-\d\dT\d\d:\d\d:00Z$/m)
    await writeFile(list, declared('* * * *'))
    await dev.seen('the schedules do not run: status 1: schedule often: cron is "* * * *": use five fields')
    expect(dev.output).not.toContain('never-here')
    const before = dev.output.length
    await writeFile(list, source)
    await until(() => dev.output.slice(before).includes('rebuilt and restarted'), {
      within: 170,
      what: 'the schedules to be gone',
    })
  })

  it('gives a queue that a type asks for its workers, its log and its part of the page', async () => {
    const digest = resolve(dev.copy, 'services/tasks/digest.ts')
    const source = await readFile(digest, 'utf8')
    const moreQueues = async () =>
      JSON.parse(await readFile(resolve(dev.copy, '.warren/local.json'), 'utf8').catch(() => '{}')).moreQueues
    await writeFile(digest, source.replace("type: 'digest',", "type: 'digest',\n  queue: 'own',"))
    await until(async () => (await moreQueues())?.length === 1, { within: 170, what: 'a second queue' })
    const [id] = await dev.send({ type: 'digest', payload: { rounds: 1 } })
    await dev.seen(new RegExp(`own (slow|fast) +digest ${id} `))
    const [sleeps] = await send(1)
    await dev.seen(new RegExp(`^(?!own).*(slow|fast) +sleep ${sleeps} `, 'm'))
    expect(await readFile(resolve(dev.copy, '.warren/own.log'), 'utf8')).toContain(id)
    expect(await moreQueues()).toMatchObject([{ queue: 'own' }])
    const [url = ''] = /(?<=Live page +)http\S+/.exec(dev.output) ?? []
    const answers = await Promise.all(['own', 'no-such'].map((name) => fetch(`${url}?queue=${name}`)))
    expect(answers.map(({ status }) => status)).toEqual([200, 404])
    await writeFile(digest, source)
  })

  it('gives a type that is added its queue, and its handler the right to send', async () => {
    const registry = resolve(dev.copy, 'services/tasks/registry.ts')
    const source = await readFile(registry, 'utf8')
    await writeFile(
      resolve(dev.copy, 'services/tasks/relay.handler.ts'),
      `export default (_: unknown, { send }) => { send('sleep', { ms: 1 }) }`,
    )
    const relay = `{ ...sleep, type: 'relay', queue: 'relays', sends: ['sleep'], handler: './relay.handler.ts' }`
    await writeFile(registry, source.replace('= [', `= [${relay}, `))
    const task = { id: 'relayed', type: 'relay', payload: { ms: 1 } }
    const known = () =>
      dev.send(task).then(
        () => true,
        () => false,
      )
    await until(known, { within: 170, what: 'the new type is known' })
    await dev.seen(/relays (slow|fast) relay relayed \d+ ms done, sent 1/)
    // in the default queue, not in the one from which it was sent
    await dev.seen(/\d (slow|fast) sleep relayed\.1 from relayed \d+ ms done/)
    expect(dev.output).not.toContain('no right to write')
    await writeFile(registry, source)
  })

  it('finishes what runs after Ctrl-C, and leaves neither process nor file', async () => {
    const family = descendants(dev.pid)
    const [id] = await send(1_000)
    const signal = AbortSignal.timeout(30_000)
    await until(async () => (await askQueueDepth(dev.local.endpoint, signal)).ready === 0, {
      within: 170,
      what: 'a worker has the task',
    })
    expect(await dev.interrupt()).toEqual([130, null])
    expect(dev.output).toMatch(new RegExp(`${id} \\d+ ms done`))
    await expect(stat(resolve(dev.copy, '.warren/local.json'))).rejects.toThrow('ENOENT')
    await until(() => !family.some(isRunning), { within: 5, what: 'all processes are gone' })
  })
})

/** Sends a sleep task for each of these times, and gives their ids. */
function send(...times: number[]): Promise<string[]> {
  return dev.send(...times.map((ms) => ({ type: 'sleep', payload: { ms } })))
}
