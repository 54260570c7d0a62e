import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { until } from '../../test/support/until.ts'
import { asUsersBroker } from '../../test/support/users-broker.ts'
import { runSmall } from './experiment.ts'
import { cgroupLimit, cpuGroups } from './experiments/cgroups.ts'
import type { CpuLimit } from './experiments/cpu-limit.ts'

const mount = '/sys/fs/cgroup'
const groupsOf = (pid: number | 'self') => cpuGroups(mount, readFileSync(`/proc/${pid}/cgroup`, 'utf8'))

describe('workers that differ in CPU, by control groups', () => {
  let limit: CpuLimit | string
  beforeAll(async () => {
    limit = await cgroupLimit(mount)
  })
  afterAll(async () => {
    if (typeof limit !== 'string') await limit.remove()
  })

  it('share evenly without a prefetch limit, and lose nothing', async (context) => {
    if (typeof limit === 'string') return context.skip(limit)
    const { split, lost } = await runSmall('cpu-no-prefetch', { tasks: 8, cpuLimit: limit })
    expect({ split, lost }).toEqual({ split: { slow: 4, fast: 4 }, lost: 0 })
  })

  it('with prefetch 1 do all tasks once, in order, and as many as their CPU is worth where it is there', async (context) => {
    if (typeof limit === 'string') return context.skip(limit)
    const { split, lost, duplicated } = await runSmall('cpu-fair', { tasks: 15, cpuLimit: limit })
    expect(split.slow + split.fast).toBe(15)
    expect({ lost, duplicated }).toEqual({ lost: 0, duplicated: 0 })
  })

  it('are each held to a quota, in a group that is gone with the run', async (context) => {
    const one = await cgroupLimit(mount)
    if (typeof one === 'string') return context.skip(one)
    const folder = mkdtempSync(join(tmpdir(), 'warren-cpu-'))
    const module = join(folder, 'service.mjs')
    writeFileSync(module, `console.log('{"msg":"here"}'); setInterval(() => undefined, 60_000)`)
    const here = Promise.withResolvers<void>()
    const service = one.start({ command: [module], variables: {}, onRecord: () => here.resolve() }, 0.25)
    await here.promise
    const pid = service.pid ?? 0
    // of the group that it is in, not of those above it
    const path = readFileSync(`/proc/${pid}/cgroup`, 'utf8')
    const [group] = /warren-cpu-\d+-\w+/.exec(path) ?? []
    const [parent] = groupsOf('self')
    const own = join(parent?.folder ?? '', group ?? 'none')
    const quota = readFileSync(join(own, parent?.version === 1 ? 'cpu.cfs_quota_us' : 'cpu.max'), 'utf8')
    await service.stop()
    await one.remove()
    rmSync(folder, { recursive: true })

    expect(quota.split(/\s/)[0]).toBe('25000')
    expect(existsSync(own)).toBe(false)
  })

  it('leave no group behind after Ctrl-C in mid-run', async (context) => {
    if (typeof limit === 'string') return context.skip(limit)
    const child = spawn(
      process.execPath,
      ['lab/tutorial/start.ts', '--only', 'cpu-no-prefetch', '--tasks', '200'],
      {
        cwd: resolve(import.meta.dirname, '../..'),
        env: { ...process.env, ...asUsersBroker(inject('broker')) },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    const ended = once(child, 'close')
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      output += part
    })
    await until(() => / [1-9]\d* done/.test(output), { within: 50, what: 'a task is done' })
    const folder = groupsOf('self')[0]?.folder ?? ''
    const made = () => readdirSync(folder).filter((name) => name.startsWith(`warren-cpu-${child.pid}-`))
    expect(made()).toHaveLength(2)

    child.kill('SIGINT')

    expect(await ended).toEqual([130, null])
    expect(made()).toEqual([])
  })

  it('leave no group behind that a killed run had made', async (context) => {
    if (typeof limit === 'string') return context.skip(limit)
    // no process has an id as high: https://man7.org/linux/man-pages/man5/proc_sys_kernel.5.html
    const forgotten = join(groupsOf('self')[0]?.folder ?? '', `warren-cpu-${2 ** 22 + 1}-0`)
    mkdirSync(forgotten)
    await cgroupLimit(mount)
    expect(existsSync(forgotten)).toBe(false)
  })
})
