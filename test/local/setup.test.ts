import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { elsewhere, kinds, Project, platform } from './setup-fixture.ts'

let project: Project
beforeEach(() => {
  project = new Project()
})
afterEach(() => project.remove())

/** A shell command that installs what npm would, less some. */
function installing(...without: string[]): string {
  const kept = Object.fromEntries(Object.entries(kinds).filter(([folder]) => !without.includes(folder)))
  const folders = Object.keys(kept).filter(Boolean)
  return `${folders.map((folder) => `mkdir -p ${folder} && echo '{}' >${folder}/package.json`).join('\n')}
echo '${JSON.stringify({ packages: kept })}' >node_modules/.package-lock.json`
}

describe('the packages', () => {
  it('are installed where there are none, and not a second time', async () => {
    project.npm(installing())
    expect(await project.run()).toMatchObject({ status: 0, stderr: expect.stringContaining('installing') })
    project.npm('exit 1')
    expect(await project.run()).toEqual({ status: 0, stdout: '', stderr: '' })
  })

  it('are taken as they are where npm itself installed them', async () => {
    project.install(kinds)
    expect(await project.run()).toMatchObject({ status: 0 })
    expect(project.asked()).toBeUndefined()
  })

  it.each([
    ['a development tool', 'node_modules/tool'],
    ['an optional package', 'node_modules/native'],
  ])('are installed again where %s was left out', async (_, left) => {
    const { [left]: _left, ...rest } = kinds
    project.install(rest)
    project.npm(installing())
    expect(await project.run([], { NODE_ENV: 'production', npm_config_omit: 'dev' })).toMatchObject({
      status: 0,
    })
    expect(project.asked()).toEqual(
      expect.arrayContaining(['ci', '--ignore-scripts', '--include=dev', '--include=optional', 'NODE_ENV=']),
    )
  })

  it.each([
    ['an installation was cut off', () => project.write('node_modules/plain/package.json', '{}')],
    [
      'one has another version',
      () => project.install({ ...kinds, 'node_modules/plain': { version: '0.9.0' } }),
    ],
    [
      'one was deleted',
      () => project.write('node_modules/.package-lock.json', JSON.stringify({ packages: kinds })),
    ],
  ])('are installed again where %s', async (_, before) => {
    before()
    project.npm(installing())
    expect(await project.run()).toMatchObject({ status: 0 })
    expect(project.asked()).toContain('ci')
  })

  it('are missed by name where npm says that all went well', async () => {
    project.npm(installing('node_modules/tool', 'node_modules/native'))
    for (const run of [1, 2]) {
      const { status, stderr } = await project.run()
      expect({ run, status }).toEqual({ run, status: 1 })
      expect(stderr).toContain(
        'left out 2 packages of package-lock.json (node_modules/tool, node_modules/native)',
      )
    }
  })

  it('are missed with the place in the code under WARREN_DEBUG', async () => {
    project.npm(installing('node_modules/tool'))
    const place = /^ +at .*local\/setup\//m
    expect((await project.run()).stderr).not.toMatch(place)
    expect((await project.run([], { WARREN_DEBUG: '1' })).stderr).toMatch(place)
  })

  it('of a deleted workspace are not missed', async () => {
    project.remove()
    project = new Project({
      ...kinds,
      '': { devDependencies: { plain: '1.0.0', tool: '2.0.0' }, optionalDependencies: { native: '3.0.0' } },
      lab: { devDependencies: { drawing: '1.0.0', some: '1.0.0', plain: '1.0.0' } },
      'node_modules/lab': { link: true, resolved: 'lab' },
      'lab/node_modules/some': { version: '1.0.0' },
      'node_modules/drawing': { version: '1.0.0', dependencies: { '@of/drawing': '2.0.0', tool: '2.0.0' } },
      'node_modules/@of/drawing': { version: '1.0.0' },
      'node_modules/drawing/node_modules/@of/drawing': {
        version: '2.0.0',
        dependencies: { deeper: '1.0.0' },
      },
      'node_modules/deeper': { version: '1.0.0', peerDependencies: { '@of/drawing': '1.0.0' } },
    })
    project.install(kinds)
    expect(await project.run()).toMatchObject({ status: 0 })
  })

  it('of the project are missed where a deleted workspace needs them too', async () => {
    project.remove()
    project = new Project({
      ...kinds,
      '': { devDependencies: { plain: '1.0.0', tool: '2.0.0' } },
      lab: { devDependencies: { plain: '1.0.0' } },
      'node_modules/lab': { link: true, resolved: 'lab' },
    })
    const { 'node_modules/plain': _, ...others } = kinds
    project.install(others)
    project.npm('exit 0')
    expect((await project.run()).stderr).toContain(
      'left out 1 packages of package-lock.json (node_modules/plain)',
    )
  })

  it('are replaced by an npm that does not run on the Node among them', async () => {
    project.npm(installing())
    const bin = join(project.folder, 'node_modules/.bin')
    await project.run([], { PATH: `${bin}:${project.bin}:/usr/bin:/bin` })
    expect(project.asked()).toContain(`PATH=${project.bin}:/usr/bin:/bin`)
  })
})

describe('a failed npm ci is told by what npm said', () => {
  const registry = /registry/
  it.each([
    ['ENOTFOUND', /registry cannot be reached/],
    ['ECONNREFUSED', /registry cannot be reached/],
    ['E503', /registry cannot be reached/],
    ['SELF_SIGNED_CERT_IN_CHAIN', /NODE_EXTRA_CA_CERTS/],
    ['E401', /registry refused/],
    ['ETARGET', /min-release-age/],
    ['EINTEGRITY', /npm cache verify/],
    ['ENOSPC', /disk is full/],
  ])('%s', async (code, sentence) => {
    const { status, stderr } = await failedWith(code)
    expect(status).toBe(1)
    expect(stderr).toContain(`npm ci failed with ${code}`)
    expect(stderr).toMatch(sentence)
  })

  it.each(['EBADENGINE', 'EUSAGE', 'EACCES', 'ENEW'])('%s, without a word on the registry', async (code) => {
    const { stderr } = await failedWith(code)
    expect(stderr).toContain(`npm ci failed with ${code}`)
    expect(stderr).not.toMatch(registry)
  })

  it('which may be nothing', async () => {
    project.npm('exit 7')
    const { stderr } = await project.run()
    expect(stderr).toContain('npm ci failed with status 7 (see above)')
    expect(stderr).not.toMatch(registry)
  })

  function failedWith(code: string) {
    project.npm(
      `for each; do case $each in --logs-dir=*) echo '12 error code ${code}' >"\${each#*=}/debug-0.log"; esac; done; exit 1`,
    )
    return project.run()
  }
})

describe('the Node that a module runs on', () => {
  const packaged = `node_modules/node-${platform}/bin/node`
  beforeEach(() => {
    project.install(kinds)
    project.write(
      'which.ts',
      `import { execFileSync } from 'node:child_process'
console.log(process.env['VIA'] ?? 'own', ...process.argv.slice(2))
console.log(execFileSync('sh', ['-c', 'command -v node']).toString())`,
    )
  })
  const through = (name: string) => `VIA=${name} exec '${process.execPath}' "$@"`

  it.each([packaged, `node_modules/node-bin-${platform}/bin/node`])(
    'is the packaged one, though npm left it out of .bin: %s',
    async (file) => {
      project.program(join(project.folder, file), through('packaged'))
      const { stdout } = await project.run(['which.ts', '--a', 'b c'])
      expect(stdout).toBe(`packaged --a b c\n${join(project.folder, file)}\n\n`)
    },
  )

  it.each([
    ['is another version', 'echo 23.1.0'],
    ['does not run here', 'exit 127'],
    ['is a broken file', 'no-such-program'],
  ])('is this one where the packaged one %s', async (_, script) => {
    project.program(join(project.folder, packaged), script)
    expect((await project.run(['which.ts'])).stdout).toMatch(/^own\n/)
  })

  it('gets no NODE_OPTIONS that it refuses', async () => {
    project.program(
      join(project.folder, packaged),
      `case $NODE_OPTIONS in *--gone*) echo 'node: --gone is not allowed in NODE_OPTIONS' >&2; exit 9; esac\n${through('packaged')}`,
    )
    // through NODE_OPTIONS that the Node of this test takes
    const NODE_OPTIONS = '--title=--gone'
    const { stdout, stderr } = await project.run(['which.ts'], { NODE_OPTIONS })
    expect(stdout).toMatch(/^packaged\n/)
    expect(stderr).toContain(
      'Node 24 refuses NODE_OPTIONS, so it runs without it: node: --gone is not allowed',
    )
  })

  it('gives its exit status', async () => {
    project.write('status.ts', 'process.exitCode = 7')
    project.write('killed.ts', "process.kill(process.pid, 'SIGKILL')")
    expect(await project.run(['status.ts'])).toMatchObject({ status: 7 })
    expect(await project.run(['killed.ts'])).toMatchObject({ status: 128 + 9 })
  })

  it('gets the signals that the set-up gets', async () => {
    project.write(
      'wait.ts',
      "process.on('SIGTERM', () => process.exit(3)); setInterval(() => {}, 1_000); console.log('up')",
    )
    const child = project.start(['wait.ts'])
    await once(child.stdout, 'data')
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([3, null])
  })
})

describe('every command', () => {
  const read = (file: string) => JSON.parse(readFileSync(join(import.meta.dirname, '../..', file), 'utf8'))
  it('goes through the set-up, which finds its Node', () => {
    const { scripts } = read('package.json')
    const commands = Object.entries<string>({ ...scripts, 'cdk.json': read('cdk.json').app })
    expect(commands.length).toBeGreaterThan(10)
    // only what has a program of its own in node_modules/.bin, and runs on any Node, stands behind it
    const own = /^node local\/setup\.mjs( \S+\.ts( [\w-]+)*| && (tsc|biome)\b[^&]*( && (tsc|biome)\b[^&]*)*)$/
    expect(commands.filter(([, command]) => !own.test(command))).toEqual([])
  })
})

it('asks for nothing that fits another machine', async () => {
  project.install({
    ...kinds,
    'node_modules/for-a-c-library': elsewhere['node_modules/for-a-c-library'] ?? {},
  })
  expect(await project.run()).toMatchObject({ status: 0 })
})
