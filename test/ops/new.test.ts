import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { withTaskType } from '../../ops/new/registry.ts'
import { identifierOf } from '../../ops/new/task-files.ts'

const root = resolve(import.meta.dirname, '../..')
const registry = 'services/tasks/registry.ts'
let copy: string

/** Under another name, as a team has it. */
beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), 'warren new '))
  const parts = [
    'services',
    'client',
    'local',
    'ops',
    'tsconfig.json',
    'biome.json',
    'vitest.config.ts',
    'test/file-path.grit',
    '.gitignore',
  ]
  for (const part of parts) cpSync(join(root, part), join(copy, part), { recursive: true })
  const ours = readFileSync(join(root, 'package.json'), 'utf8').replace(
    '"name": "warren"',
    '"name": "burrow"',
  )
  writeFileSync(join(copy, 'package.json'), ours)
  writeFileSync(
    join(copy, 'tsconfig.json'),
    readFileSync(join(root, 'tsconfig.json'), 'utf8').replace(
      /"include": .*/,
      '"include": ["services", "test/tasks"],',
    ),
  )
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  spawnSync('git', ['init', '-q'], { cwd: copy })
})
afterEach(() => rmSync(copy, { recursive: true, force: true }))

const read = (file: string) => readFileSync(join(copy, file), 'utf8')
const write = (file: string, text: string) => writeFileSync(join(copy, file), text)

function run(command: string, ...args: readonly string[]) {
  const program = command.endsWith('.ts') ? command : join(root, 'node_modules/.bin', command)
  return spawnSync(process.execPath, [program, ...args], { cwd: copy, encoding: 'utf8' })
}
const newTask = (name: string) => run('ops/new.ts', 'task', name)

describe('npm run new -- task', () => {
  it('writes what passes the check and its own test, and says what to do next', { timeout: 180_000 }, () => {
    const { status, stdout, stderr } = newTask('resize-all')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const written = [
      'services/tasks/resize-all.ts',
      'services/tasks/resize-all.handler.ts',
      'test/tasks/resize-all.test.ts',
    ]
    for (const file of [...written, registry]) expect(stdout).toMatch(new RegExp(`^${file} `, 'm'))
    expect(stdout).toContain('npm run send -- local --type resize-all')
    const checks = [
      run('tsc', '-p', 'tsconfig.json'),
      run('biome', 'ci', '--error-on-warnings', ...written, registry),
      run('vitest', 'run', '--project', 'unit', 'test/tasks/resize-all.test.ts'),
    ]
    for (const { status, stdout, stderr } of checks) expect(status, `${stdout}${stderr}`).toBe(0)
  })

  it.each([
    ['Resize', /a task type's name is 1 to 64 of a-z 0-9 -/],
    ['9lives', /a task type's name is/],
    ['../resize', /a task type's name is/],
    ['x'.repeat(65), /a task type's name is/],
    ['registry', /there is already services\/tasks\/registry\.ts: choose another name/],
    ['elsewhere', /already has a task type elsewhere/],
    ['b-c', /already has something called bC/],
  ])('writes nothing where the name cannot be: %s', (name, reason) => {
    write('services/tasks/others.ts', `export const others = { type: 'elsewhere' }`)
    write(
      registry,
      `import { others } from './others.ts'\nconst bC = others\nexport const taskTypes = [bC]\n`,
    )
    const before = read(registry)
    const { status, stdout, stderr } = newTask(name)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toMatch(reason)
    expect(read(registry)).toBe(before)
    expect(existsSync(join(copy, `services/tasks/${name}.handler.ts`))).toBe(false)
  })

  it.each([
    ['has no list', 'const all = () => []\nexport const taskTypes = all()\n'],
    // the first that looks like it is not it
    ['has another one', '// taskTypes = [ ]\nexport const taskTypes = [].concat()\n'],
  ])('leaves a registry alone that %s, and says what to add', (_, text) => {
    write(registry, text)
    const { status, stdout, stderr } = newTask('resize')
    expect(status).toBe(1)
    expect(stdout).toContain('services/tasks/resize.ts')
    expect(read(registry)).toBe(text)
    expect(stderr).toContain(`is left as it was`)
    expect(stderr).toContain(`import { resize } from './resize.ts'\nand put resize into taskTypes.`)
  })

  it('says that the registry must be mended first where it cannot be loaded', () => {
    write(registry, `import { nope } from './no-such.ts'\nexport const taskTypes = [nope]\n`)
    const { status, stderr } = newTask('resize')
    expect(status).toBe(1)
    expect(stderr).toMatch(/registry\.ts cannot be loaded, mend it first: .*no-such/)
    expect(existsSync(join(copy, 'services/tasks/resize.ts'))).toBe(false)
  })
})

describe('the registry, however it is formatted', () => {
  it.each([
    ['on one line', 'export const taskTypes: readonly TaskType[] = [a]\n', '= [a, own]\n'],
    ['empty', 'export const taskTypes = []', '= [ own]'],
    [
      'on several lines',
      'export const taskTypes = [\n  a,\n  b, // ]\n];\n',
      '= [\n  a,\n  b, // ]\n  own,\n];\n',
    ],
    ['without the last comma', 'export const taskTypes = [\n  a // ]\n]\n', '= [\n  a, // ]\n  own,\n]\n'],
    [
      'with lists and texts in it',
      "export const taskTypes = [{ ...a, s: ']' }, b([1])]",
      "[{ ...a, s: ']' }, b([1]), own]",
    ],
  ])('gets one more: %s', (_, text, expected) => {
    const added = withTaskType(`import { a } from './a.ts'\n${text}`, 'own', 'own.ts')
    expect(added).toContain(expected)
    expect(added).toMatch(/^import \{ a \} from '\.\/a\.ts'\nimport \{ own \} from '\.\/own\.ts'\n/)
  })

  it('keeps its semicolons, and imports that are spread over lines', () => {
    const text = `import {\n  a,\n} from "./a.ts";\nexport const taskTypes = [a];\n`
    expect(withTaskType(text, 'own', 'own.ts')).toContain(
      `} from "./a.ts";\nimport { own } from './own.ts';\n`,
    )
  })
})

describe('what code calls a type', () => {
  it.each([
    ['resize', 'resize'],
    ['resize-all-2', 'resizeAll2'],
    ['delete', 'deleteTask'],
    ['z', 'zTask'],
    ['task-type', 'taskTypeTask'],
  ])('%s is %s', (type, identifier) => {
    expect(identifierOf(type)).toBe(identifier)
  })
})
