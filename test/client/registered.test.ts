import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import * as z from 'zod'
import { registeredTypes } from '../../client/build/registered.ts'

const root = resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'warren-types-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Schemas by task type, as source text: what is written for each must be what zod takes in. */
const schemas = {
  plain: "z.object({ text: z.string(), count: z.int(), 'in-quotes': z.boolean().nullable() })",
  optional: 'z.object({ maybe: z.string().optional(), preset: z.number().default(1) })',
  choices: "z.object({ kind: z.enum(['a', 'b']), only: z.literal(7) })",
  either: "z.union([z.object({ on: z.literal('x'), x: z.number() }), z.object({ on: z.literal('y') })])",
  lists:
    'z.object({ all: z.array(z.array(z.string()).readonly()).readonly(), pair: z.tuple([z.string(), z.number()]).readonly() })',
  records: 'z.record(z.string(), z.number())',
  nested: "z.strictObject({ deep: z.object({ deeper: z.url().describe('where */ it is') }) })",
  anything: 'z.unknown()',
  transformed: 'z.object({ at: z.string().transform((text) => text.length) })',
}

test('the types in the packed client are those that the schemas take in', () => {
  const module = `import * as z from 'zod'\nexport const schemas = {\n${Object.entries(schemas)
    .map(([name, text]) => `  ${name}: ${text},`)
    .join('\n')}\n}\n`
  const evaluated = new Function('z', `return ${module.slice(module.indexOf('= {') + 2)}`)(z)
  const declarations = Object.entries<z.ZodType>(evaluated).map(([type, payload]) => ({ type, payload }))
  const checks = Object.keys(schemas).map(
    (name) => `export const ${name}: Same<Payload<'${name}'>, z.input<(typeof schemas)['${name}']>> = true`,
  )
  const check = `import type * as z from 'zod'
import type { schemas } from './schemas.ts'
import type { RegisteredTask } from './registered-task.ts'
type Payload<Name> = Extract<RegisteredTask, { type: Name }>['payload']
type Assignable<One, Other> = [One] extends [Other] ? true : false
type Same<One, Other> = Assignable<One, Other> & Assignable<Other, One>
${checks.join('\n')}
`
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(folder, 'schemas.ts'), module)
  writeFileSync(join(folder, 'registered-task.ts'), registeredTypes(declarations))
  writeFileSync(join(folder, 'check.ts'), check)
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  expect(compile('check.ts')).toBe('')
  // and it would be found
  writeFileSync(
    join(folder, 'registered-task.ts'),
    registeredTypes(declarations).replace('"text": string', '"text": number'),
  )
  expect(compile('check.ts')).toMatch(/^check\.ts\(\d+,14\).*\n?$/)
})

test('a registry without types lets nothing be sent', () => {
  expect(registeredTypes([])).toContain('export type RegisteredTask =\n  never')
})

test('a schema that refers to itself is unknown there', () => {
  const tree = z.object({
    name: z.string(),
    get children() {
      return z.array(tree)
    },
  })
  expect(registeredTypes([{ type: 'tree', payload: tree }])).toContain(
    '{ readonly "name": string; readonly "children": readonly (unknown)[] }',
  )
})

/** What the compiler has to say. */
function compile(file: string): string {
  const options = [
    '--noEmit',
    '--strict',
    '--module',
    'nodenext',
    '--allowImportingTsExtensions',
    '--skipLibCheck',
    '--types',
    '',
  ]
  try {
    return execFileSync(join(root, 'node_modules/.bin/tsc'), [...options, file], {
      cwd: folder,
      encoding: 'utf8',
    })
  } catch (error) {
    return (error as { stdout: string }).stdout
  }
}
