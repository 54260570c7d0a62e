import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it, test } from 'vitest'
import { outcomes } from '../../services/contract/log.ts'

const root = new URL('../../', import.meta.url)
const read = (file: string) => readFileSync(new URL(file, root), 'utf8')

describe('SECURITY.md', () => {
  const [, threats = ''] = read('SECURITY.md').split('## Threats')
  const rows = threats
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| threat '))
    .map((line) => line.split(' | '))

  it.each(rows.map(([threat = '', , tests = '']) => [threat.slice(2), tests]))(
    'names a test: %s',
    (_, tests) => {
      expect(tests).toMatch(/\((test|lab)\/\S+\.test\.ts\)/)
    },
  )

  it('has a row for each threat', () => {
    expect(rows.length).toBeGreaterThan(15)
  })
})

const files = [...readdirSync(root), ...readdirSync(new URL('docs/', root)).map((file) => `docs/${file}`)]
const documents = files.filter((file) => file.endsWith('.md')).toSorted()
const linksOf = (text: string) =>
  [...text.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)].map(([, path = '', anchor]) => ({
    path,
    anchor,
  }))

test.each(documents.filter((file) => linksOf(read(file)).length > 0))('%s links to what is there', (file) => {
  for (const { path, anchor } of linksOf(read(file)).filter((link) => !deleted(link.path))) {
    const url = new URL(path || file, path ? new URL(file, root) : root)
    expect(existsSync(fileURLToPath(url)), path).toBe(true)
    if (anchor) expect(anchors(readFileSync(url, 'utf8'))).toContain(anchor)
  }
})

test('the documents name only commands that there are', () => {
  // a changelog names what was
  const now = documents.filter((file) => file !== 'CHANGELOG.md')
  const named = now.flatMap((file) =>
    [...read(file).matchAll(/npm (?:run ([a-z][a-z:-]*[a-z])|(start|test)\b)([^`\n]*)/g)].map(
      ([, script, short, rest = '']) => ({
        file,
        name: script ?? short ?? '',
        place: rest.includes('-w lab') ? 'lab/package.json' : 'package.json',
      }),
    ),
  )
  const scriptsOf = (place: string) => Object.keys(JSON.parse(read(place)).scripts)
  const there = named.filter(({ place }) => !deleted(place))
  expect(there.filter(({ name, place }) => !scriptsOf(place).includes(name))).toEqual([])
  expect(there.length).toBeGreaterThan(20)
})

test('the documents name only options that the commands have', async () => {
  const calls = documents
    .filter((file) => file !== 'CHANGELOG.md')
    .flatMap((file) => [
      ...read(file).matchAll(/npm (?:run )?([a-z][a-z:-]*)( -w lab)? -- ([^`#|\n]*--[a-z][^`#|\n]*)/g),
    ])
    .map(([, script = '', lab = '', rest = '']) => ({
      place: lab === '' ? 'package.json' : 'lab/package.json',
      script,
      // what stands after a second -- is CDK's
      options: rest.split(' -- ')[0]?.match(/(?<=^| )--[a-z-]+/g) ?? [],
    }))
    // npm start has its options from lab/tutorial
    .filter(({ place, script }) => !deleted(script === 'start' ? 'lab/package.json' : place))
  const groups = [...Map.groupBy(calls, ({ place, script }) => `${place} ${script}`)]
  const helps = new Map(
    await Promise.all(
      groups.map(
        async ([key, [call]]) => [key, await helpOf(call?.place ?? '', call?.script ?? '')] as const,
      ),
    ),
  )
  const unknown = calls.flatMap(({ place, script, options }) =>
    options.filter((option) => !helps.get(`${place} ${script}`)?.includes(`  ${option} `)),
  )
  expect(unknown).toEqual([])
  expect(calls.length).toBeGreaterThan(3)
})

/** What a script prints with --help. */
async function helpOf(place: string, script: string): Promise<string> {
  const line: string = JSON.parse(read(place)).scripts[script]
  const [, argv = ''] = /node local\/setup\.mjs (.*)$/.exec(line) ?? []
  return (await promisify(execFile)(process.execPath, [...argv.split(' '), '--help'])).stdout
}

describe('README.md', () => {
  it('can be read in a few minutes: at most 1,200 words beside the code', () => {
    const prose = read('README.md').replaceAll(/^ *```[\s\S]*?^ *```$/gm, '')
    expect(prose.split(/\s+/).length).toBeLessThan(1_200)
  })

  it('says the same in Chinese: every command there is one here, and every link leads where one here leads', () => {
    const [chinese, english] = [read('README.zh-CN.md'), read('README.md')]
    const commands = (text: string) =>
      [...text.matchAll(/^ *```sh\n([\s\S]*?)^ *```$/gm)]
        .flatMap(([, block = '']) => block.split('\n'))
        .map((line) => line.replace(/ +#.*/, '').trim())
        .filter((line) => line !== '')
    expect(commands(english)).toEqual(expect.arrayContaining(commands(chinese)))
    expect(commands(chinese).length).toBeGreaterThan(10)
    const paths = (text: string) => linksOf(text).map(({ path }) => path)
    expect([...paths(english), 'README.md']).toEqual(expect.arrayContaining(paths(chinese)))
    expect(chinese.split('\n## ').length).toBe(english.split('\n## ').length)
  })
})

describe('docs/architecture.md', () => {
  const text = read('docs/architecture.md')

  it('draws every outcome of a try', () => {
    for (const outcome of outcomes) expect(text).toMatch(new RegExp(`\\b${outcome}\\b`))
  })

  it('names variables, fields and files that the code has', () => {
    const names = [...text.matchAll(/`([A-Za-z_]+)`/g)].map(([, name = '']) => name)
    const sources = sourcesBelow('services', 'infra')
    const missing = names.filter(
      (name) => !sources.some(([path, source]) => new RegExp(`\\b${name}\\b`).test(`${path}\n${source}`)),
    )
    expect(names.length).toBeGreaterThan(5)
    expect(missing).toEqual([])
  })

  it('has a room for every folder of the product', () => {
    const product = ['infra', 'services', 'ops', 'local', 'services/tasks', 'services/contract']
    for (const folder of product) expect(linksOf(text).map(({ path }) => path)).toContain(`../${folder}`)
    const parts = readdirSync(new URL('services/', root), { withFileTypes: true }).filter((each) =>
      each.isDirectory(),
    )
    for (const { name } of parts) expect(text).toMatch(new RegExp(`\\b${name}\\b`))
  })
})

test('comments and messages say it plainly, without the n and b of nota bene', () => {
  const sources = sourcesBelow('infra', 'services', 'ops', 'local', 'test')
  expect(sources.length).toBeGreaterThan(50)
  expect(sources.filter(([, source]) => /\bn\.b\. /.test(source)).map(([path]) => path)).toEqual([])
})

/** Path and text of each file of code. */
function sourcesBelow(...folders: readonly string[]): (readonly [string, string])[] {
  return folders.flatMap((folder) =>
    readdirSync(new URL(`${folder}/`, root), { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.(ts|tsx|mjs)$/.test(path))
      .map((path) => [path, read(`${folder}/${path}`)] as const),
  )
}

/** Whether it leads into the laboratory, where that was deleted. */
function deleted(target: string): boolean {
  return /^(\.\.\/)?lab(\/|$)/.test(target) && !existsSync(fileURLToPath(new URL('lab/package.json', root)))
}

/** As GitHub makes them. */
function anchors(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  )
}
