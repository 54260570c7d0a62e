import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { environments } from '../../infra/environments.ts'
import type { Environment } from '../../infra/settings/environment.ts'
import { readAssembly } from '../../ops/assembly.ts'
import { billOf } from '../../ops/cost/bill.ts'
import { taskTypes } from '../../services/tasks/registry.ts'
import { schedules } from '../../services/tasks/schedules.ts'
import { type EnvironmentName, stacks } from './synth.ts'

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
const load = { tasksPerSecond: 10, taskSeconds: 0.1 }
const whole = (usd: number) => Math.round(usd).toLocaleString('en')

/** Says for which settings a line was reckoned: whoever makes the template theirs has other figures, not wrong ones. */
function digest({ account: _, region: __, alarmEmail: ___, ...settings }: Environment): string {
  // each has an alarm, which costs
  const scheduled = schedules.length > 0 ? [schedules.map(({ name }) => name)] : []
  const reckonedFor = JSON.stringify([settings, taskTypes.map(({ type }) => type), ...scheduled])
  return createHash('sha256').update(reckonedFor).digest('hex').slice(0, 8)
}

const page = read('docs/cost.md')
/** The lines of the page's table: environment, digest, figures. */
const lines = [...page.matchAll(/^\| `([\w-]+)` \| `([0-9a-f]{8})` \| (.*) \|$/gm)].map(
  ([line, name = '', settings, figures = '']) => ({ line, name, settings, figures: figures.split(' | ') }),
)

test('docs/cost.md has a table', () => {
  expect(lines.length).toBeGreaterThan(0)
  expect(new Set(lines.map(({ name }) => name)).size).toBe(lines.length)
})

test.for(lines.map((each) => [each.name, each] as const))(
  'docs/cost.md has the bill of %s',
  ([name, { line, settings }], context) => {
    const environment = environments[name]
    const now = environment && digest(environment)
    const { total } = environment
      ? billOf(readAssembly(stacks(name as EnvironmentName).app.synth().directory).stacks, load)
      : { total: { idle: 0, load: 0, maximum: 0 } }
    const bill = [total.idle, total.load, total.maximum].map(whole).join(' | ')
    const expected = `| \`${name}\` | \`${now}\` | ${bill} |`
    context.skip(now !== settings, `docs/cost.md is of other settings of ${name}; now it is: ${expected}`)
    expect(line).toBe(expected)
  },
)

test('README.md rounds what docs/cost.md says', () => {
  const rows = [...read('README.md').matchAll(/^\| `([\w-]+)` \| .* \| about ([\d,]+) \| ([\d,]+) \|$/gm)]
  expect(rows.map(([, name]) => name)).toEqual(lines.map(({ name }) => name))
  const usd = (text = '') => Number(text.replaceAll(',', ''))
  for (const [index, [, name, idle, maximum]] of rows.entries()) {
    const { figures = [] } = lines[index] ?? {}
    expect([name, usd(idle)]).toEqual([name, Math.round(usd(figures[0]) / 10) * 10])
    expect([name, usd(maximum)]).toEqual([name, Math.round(usd(figures[2]) / 10) * 10])
  }
})
