import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const tasks = 'services/tasks'
let copy: string

/** Inside the repository, so that it finds the packages. */
beforeAll(() => {
  mkdirSync(join(root, '.warren'), { recursive: true })
  copy = mkdtempSync(join(root, '.warren/build-'))
  for (const part of ['infra/bundle', 'local', 'services', 'package.json'])
    cpSync(join(root, part), join(copy, part), { recursive: true })
  writeFileSync(
    join(copy, tasks, 'own.ts'),
    `import { taskType } from '../contract/task-type.ts'
import * as z from 'zod'
export const own = taskType({ type: 'own', payload: z.null(), handler: './own.handler.ts' })
`,
  )
  const registry = `import type { TaskType } from '../contract/task-type.ts'
import { own } from './own.ts'
export const taskTypes: readonly TaskType[] = [own]
`
  writeFileSync(join(copy, tasks, 'registry.ts'), registry)
})
afterAll(() => rmSync(copy, { recursive: true, force: true }))

const goodHandler = 'export default () => undefined\n'

/** What a build of these sources says. */
function build(files: Readonly<Record<string, string>>) {
  const before = new Map<string, string>()
  const write = (file: string, text: string) => writeFileSync(join(copy, tasks, file), text)
  write('own.handler.ts', goodHandler)
  for (const [file, text] of Object.entries(files)) {
    const path = join(copy, tasks, file)
    before.set(file, readFileSync(path, 'utf8'))
    write(file, file !== 'own.ts' ? text : `${before.get(file)}${text}`)
  }
  try {
    const program = ['local/bundle-main.ts', 'out']
    return JSON.parse(execFileSync(process.execPath, program, { cwd: copy, encoding: 'utf8' }))
  } finally {
    for (const [file, text] of before) write(file, text)
  }
}

describe('a build of the services', () => {
  it('gives the task types of these sources, and tells apart what the producer runs', () => {
    const plain = build({})
    expect(plain).toMatchObject({ types: [{ type: 'own', queue: 'tasks', sends: [] }] })
    expect(build({ 'own.handler.ts': `${goodHandler}console.log()` }).producerDigest).toBe(
      plain.producerDigest,
    )
    expect(build({ 'own.ts': 'own.payload.safeParse(process.pid)' }).producerDigest).not.toBe(
      plain.producerDigest,
    )
  })

  it.each([
    [
      'a syntax error in a handler',
      { 'own.handler.ts': `${goodHandler}this is not TypeScript` },
      'own.handler.ts:2:6: Expected ";" but found "is"\n  2 │ this is not TypeScript\n    │      ^^',
    ],
    [
      'a syntax error in a declaration, behind a tab and an umlaut',
      { 'own.ts': "\tconst ü = 'x' this" },
      'own.ts:4:16: Expected ";" but found "this"\n  4 │ \tconst ü = \'x\' this\n    │ \t              ^^^^',
    ],
    [
      'an import of nothing',
      { 'own.handler.ts': `import { x } from './no-such.ts'\nexport default x` },
      `own.handler.ts:1:19: Could not resolve "./no-such.ts"\n  1 │ import { x } from './no-such.ts'\n    │                   ^^^^^^^^^^^^^^`,
    ],
    [
      'an import of a package that is not there',
      { 'own.handler.ts': `import x from 'no-such'\nexport default x` },
      `own.handler.ts:1:15: Could not resolve "no-such"\n  1 │ import x from 'no-such'\n    │               ^^^^^^^^^`,
    ],
    [
      'a wrong name in an import',
      { 'own.handler.ts': `import { nope } from './own.ts'\nexport default nope` },
      'own.handler.ts:1:10: No matching export in "services/tasks/own.ts" for import "nope"\n  1 │ import { nope }',
    ],
    [
      'a wrong name in an import of a declaration',
      { 'own.ts': "import { nope } from '../contract/limits.ts'\nnope()" },
      'own.ts:4:10: No matching export in "services/contract/limits.ts" for import "nope"',
    ],
    [
      'a declaration that throws',
      { 'own.ts': '\nz.noSuch()' },
      'own.ts:5:3: TypeError: z.noSuch is not a function\n  5 │ z.noSuch()\n    │   ^',
    ],
    [
      'TypeScript that Node cannot run',
      { 'own.ts': 'enum Size { small }' },
      'own.ts:4:1: SyntaxError: TypeScript enum is not supported in strip-only mode\n  4 │ enum Size { small }\n    │ ^',
    ],
    [
      'TypeScript that Node cannot run, in a list of schedules',
      { 'schedules.ts': 'namespace A { export const a = 1 }' },
      'schedules.ts:1:1: SyntaxError: TypeScript namespace declaration is not supported in strip-only mode',
    ],
  ])('shows place and line of %s', (_, files, problem) => {
    const said: string = build(files).problem
    expect(said.slice(0, `${tasks}/${problem}`.length)).toBe(`${tasks}/${problem}`)
  })

  it('shows some of many', () => {
    const many = Array.from({ length: 9 }, (_, n) => `import './no-such-${n}.ts'`).join('\n')
    expect(build({ 'own.handler.ts': many }).problem.split('\n').at(-1)).toMatch(/^\.\.\. and \d more$/)
  })

  it('names a handler that is not there', () => {
    const { problem } = build({ 'own.ts': "Object.assign(own, { handler: './no-such.handler.ts' })" })
    expect(problem).toBe('Could not resolve "services/tasks/no-such.handler.ts"')
  })
})
