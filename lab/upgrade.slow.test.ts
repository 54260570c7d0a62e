import { execFileSync } from 'node:child_process'
import { describe, expect, it, type TestContext } from 'vitest'
import { Copy, documented, root } from '../test/support/copy-of-template.ts'

/** Commits of the main line that the copy is behind, or as many as there are. */
const behind = 60

/** The template's own repository, from the commit that the copy starts from (`started`) to now (`main`). */
function templateRepository(context: TestContext): Copy {
  const history = execFileSync('git', ['rev-list', '--first-parent', `--max-count=${behind + 1}`, 'HEAD'], {
    cwd: root,
    encoding: 'utf8',
  })
  const commits = history.trim().split('\n')
  if (commits.length < 3)
    context.skip(`the history has ${commits.length} commits here: nothing to upgrade from`)
  const template = new Copy()
  template.git('fetch', '--quiet', '--no-tags', root, 'HEAD')
  const oldest = commits.at(-1) ?? ''
  if (template.git('ls-tree', oldest, 'lab') !== '') {
    template.git('branch', 'started', oldest)
    template.git('reset', '--quiet', '--hard', 'FETCH_HEAD')
  } else relaid(template, oldest)
  return template
}

/**
 * Gives a commit from before there was a lab/ the present layout: what git finds below lab/ now, and found elsewhere
 * then, is moved there; all else is as it was. A copy made then has not deleted lab/, so how it gets over the move
 * itself is not the question here. A merge compares three states: the commits between them change nothing about it.
 */
function relaid(template: Copy, oldest: string): void {
  const renames = template.git(
    'diff',
    '-M',
    '-l0',
    '--diff-filter=R',
    '--name-status',
    oldest,
    'FETCH_HEAD',
    '--',
    '.',
  )
  const moved = new Map(
    renames
      .split('\n')
      .map((line) => line.split('\t'))
      .filter(([, , to = '']) => to.startsWith('lab/'))
      .map(([, from = '', to = '']) => [from, to]),
  )
  expect(moved.size).toBeGreaterThan(100)
  template.git('read-tree', '--empty')
  template.git('read-tree', '-u', '--reset', oldest)
  for (const [from, to] of moved) {
    template.sh(`mkdir -p "$(dirname '${to}')"`)
    template.git('mv', from, to)
  }
  const tree = template.git('write-tree')
  template.git('branch', 'started', template.git('commit-tree', tree, '-m', 'the template then'))
  const now = template.git('rev-parse', 'FETCH_HEAD^{tree}')
  template.git(
    'reset',
    '--quiet',
    '--hard',
    template.git('commit-tree', now, '-p', 'started', '-m', 'the template now'),
  )
}

/** What every team does to its copy. */
function makeItOurs(copy: Copy): void {
  expect(copy.sh(documented('README.md', 'git rm -rq')).status).toBe(0)
  copy.edit('package.json', (text) => text.replace('"name": "warren"', '"name": "burrow"'))
  copy.edit('infra/environments.ts', (text) =>
    text
      .replace("export const name = 'warren'", "export const name = 'burrow'")
      .replaceAll(/maxTasks: (\d+)/g, 'maxTasks: 1$1'),
  )
  copy.edit('services/tasks/registry.ts', (text) =>
    text
      .replace(
        "import { sleep } from './sleep.ts'",
        "import { nap } from './nap.ts'\nimport { sleep } from './sleep.ts'",
      )
      .replace('[sleep, digest]', '[sleep, digest, nap]'),
  )
  copy.sh("sed 's/sleep/nap/g' services/tasks/sleep.ts > services/tasks/nap.ts")
  copy.sh("sed 's/sleep/nap/g' services/tasks/sleep.handler.ts > services/tasks/nap.handler.ts")
  copy.commitAll('Ours')
}

/** Merges by the documented line, and looks at what came of it. */
function expectUpgrade(copy: Copy, line: string): void {
  const [merge = '', ...rest] = line.split('; ')
  const { output } = copy.sh(merge)
  expect(output).toMatch(/CONFLICT|stopped before committing/)
  const back = copy.git('ls-files', 'lab')
  expect(back, 'the template changed nothing in lab/, so this shows nothing').not.toBe('')
  const conflicts = copy.git('diff', '--name-only', '--diff-filter=U').split('\n').filter(Boolean)
  expect(conflicts.filter((file) => !file.startsWith('lab/'))).toEqual([])

  expect(copy.sh(rest.join('; ')).output).not.toMatch(/error|fatal/)
  expect(copy.git('status', '--porcelain')).toBe('')
  expect(copy.git('ls-files', 'lab')).toBe('')
  const changed = copy.git('diff', '--name-only', 'template/main', 'HEAD').split('\n')
  expect(changed.filter((file) => !file.startsWith('lab/'))).toEqual([
    'infra/environments.ts',
    'package.json',
    'services/tasks/nap.handler.ts',
    'services/tasks/nap.ts',
    'services/tasks/registry.ts',
  ])
  // with packages of its own: npm ci would empty a folder that the copy only links to
  const check = copy.sh('npm run --silent check')
  expect(check.status, check.output.slice(-2_000)).toBe(0)
}

describe('a copy without lab/, with a name, environments and a task type of its own', () => {
  it('merges the last commits of the template, and conflicts in lab/ alone', (context) => {
    using template = templateRepository(context)
    using copy = new Copy()
    copy.git('remote', 'add', 'template', template.folder)
    copy.git('fetch', '--quiet', 'template')
    copy.git('reset', '--quiet', '--hard', 'template/started')
    makeItOurs(copy)
    expectUpgrade(copy, documented('docs/upgrade.md', 'git rm'))
    const pull = documented('README.md', 'git pull')
    expect(pull.split('; ').slice(1)).toEqual(documented('docs/upgrade.md', 'git rm').split('; ').slice(1))
  }, 600_000)

  it('does so too when it was made by "Use this template" and has no history in common', (context) => {
    using template = templateRepository(context)
    using copy = new Copy()
    copy.git('fetch', '--quiet', template.folder, 'started')
    const first = copy.git('commit-tree', 'FETCH_HEAD^{tree}', '-m', 'Initial commit')
    copy.git('reset', '--quiet', '--hard', first)
    makeItOurs(copy)
    const before = copy.git('rev-parse', 'HEAD^{tree}')
    const commands = ['git remote add', 'started=', '--allow-unrelated-histories']
      .map((words) => documented('docs/upgrade.md', words))
      .join('\n')
    const { status, output } = copy.sh(`set -e\n${commands.replace(/https:\S+/, template.folder)}`)
    expect(status, output).toBe(0)
    expect(copy.git('rev-parse', 'HEAD^{tree}')).toBe(before)
    expectUpgrade(copy, documented('docs/upgrade.md', 'git rm'))
  }, 600_000)
})
