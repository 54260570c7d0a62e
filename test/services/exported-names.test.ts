import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const product = globSync(
  ['infra', 'services', 'client', 'local', 'ops'].map((room) => `${room}/**/*.{ts,tsx}`),
  {
    cwd: root,
    // a bundle has what is in tracing/off or what is in tracing/on, under the same names
    exclude: ['client/dist/**', 'services/tracing/off/**'],
  },
)

/**
 * What entries of bundles export. Lambda calls `handler`: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html
 * A local run ends either entry of the producer with `close`.
 */
const entries = new Set(['handler', 'close'])

const declared =
  /^export (?:declare |abstract |async )*(?:function\*?|class|interface|type|const|let|var|enum|namespace) ([\w$]+)/gm
const listed = /^export (?:type )?(?:\{([^}]*)\}|\*( as [\w$]+))/gm

/** The names that a file exports, by declaration or in a list. */
function exportsOf(text: string): string[] {
  const lists = [...text.matchAll(listed)].flatMap(([, names, star = '']) => (names ?? star).split(','))
  const inLists = lists.map((name) => name.replace(/^.*\bas\b/s, '').replace(/^\s*type\b/, ''))
  return [...[...text.matchAll(declared)].map(([, name = '']) => name), ...inLists.map((name) => name.trim())]
}

/** Names that more than one file exports, each with its files. A function's overloads are one name. */
function exportedTwice(files: ReadonlyMap<string, string>): Record<string, string[]> {
  const places = new Map<string, string[]>()
  for (const [file, text] of files)
    for (const name of new Set(exportsOf(text))) places.set(name, [...(places.get(name) ?? []), file])
  return Object.fromEntries([...places].filter(([name, found]) => found.length > 1 && !entries.has(name)))
}

test('a name that the product exports means one thing', () => {
  const texts = new Map(product.map((file) => [file, readFileSync(join(root, file), 'utf8')]))
  expect([...texts.values()].flatMap(exportsOf).length).toBeGreaterThan(300)
  expect(exportedTwice(texts)).toEqual({})
})

test.each([
  'export interface Same {',
  'export type Same = string',
  'export class Same extends Other {',
  'export abstract class Same {',
  'export const Same: Other = {',
  'export function Same(',
  'export async function Same(',
  'export { Same }',
  'export type { Other, Same }',
  "export { Other as Same } from './other.ts'",
  "export * as Same from './other.ts'",
])('it would be found: %s', (text) => {
  const files = new Map([
    ['a.ts', 'export const Same = 1\n'],
    ['b.ts', `import x from 'x'\n${text}\n`],
  ])
  expect(exportedTwice(files)).toEqual({ Same: ['a.ts', 'b.ts'] })
})
