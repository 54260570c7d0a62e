import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { cpuGroups } from './experiments/cgroups.ts'

const mount = mkdtempSync(join(tmpdir(), 'warren-cgroup-'))
afterAll(() => rmSync(mount, { recursive: true }))

/** A group that hands these controllers on. */
function group(path: string, controllers: string): void {
  mkdirSync(join(mount, path), { recursive: true })
  writeFileSync(join(mount, path, 'cgroup.subtree_control'), `${controllers}\n`)
}

describe('where control groups with a CPU quota may be made', () => {
  it('version 1: in the process’s own group of the CPU controller', () => {
    const own = '4:memory:/elsewhere\n1:cpu,cpuacct:/user\n0::/\n'
    expect(cpuGroups('/sys/fs/cgroup', own)).toEqual([{ version: 1, folder: '/sys/fs/cgroup/cpu/user' }])
  })

  it('version 2: in those above it that hand the CPU controller on, the nearest first', () => {
    group('', 'cpu memory')
    group('user', 'memory')
    group('user/session', 'cpu')
    group('user/session/terminal', '')
    expect(cpuGroups(mount, '0::/user/session/terminal\n')).toEqual([
      { version: 2, folder: join(mount, 'user/session') },
      { version: 2, folder: join(mount, '/') },
    ])
  })

  it('nowhere without control groups', () => {
    expect(cpuGroups(join(mount, 'none'), '')).toEqual([])
  })
})
