import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, test } from 'vitest'

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

test.each(['SECURITY.md', 'docs/at-least-once.md', 'docs/idempotency.md', 'docs/rotation.md'])(
  '%s links to what is there',
  (file) => {
    const links = [...read(file).matchAll(/\]\((?!https?:)([^)#]+)(?:#([^)]+))?\)/g)]
    expect(links.length).toBeGreaterThan(0)
    for (const [, target = '', anchor] of links.filter(([, target = '']) => !deleted(target))) {
      const url = new URL(target, new URL(file, root))
      expect(existsSync(fileURLToPath(url)), target).toBe(true)
      if (anchor) expect(anchors(readFileSync(url, 'utf8'))).toContain(anchor)
    }
  },
)

/** Whether it leads into the laboratory, where that was deleted. */
function deleted(target: string): boolean {
  return /^(\.\.\/)?lab\//.test(target) && !existsSync(fileURLToPath(new URL('lab/package.json', root)))
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
