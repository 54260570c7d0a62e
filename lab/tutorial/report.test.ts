import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { equal, linesOf, origin } from '../../test/local/lines.ts'
import { experiments } from './experiments/catalogue.ts'
import { factsOf } from './experiments/facts.ts'
import { gantt, lastMoment, picture } from './report/gantt.ts'
import { page } from './report/page.ts'
import { type Finding, type Run, reportOf } from './report/report.ts'
import { table } from './report/table.ts'

const [autoAck] = experiments
const fair = experiments.find(({ id }) => id === 'fair') ?? autoAck
const facts = factsOf({
  lengths: equal(6, 100),
  lines: [...linesOf('slow', [1, 4], 200), ...linesOf('fast', [2, 3, 5, 6], 100)],
  factors: { slow: 2, fast: 1 },
  consumingAt: { slow: origin, fast: origin },
  left: 0,
})
const run = (...findings: Finding[]): Run => ({
  broker: { version: '4.3.6', how: 'here' },
  taskMs: { slow: 200, fast: 100 },
  findings,
  notRun: [],
})
const finding: Finding = { experiment: fair, facts, contradictions: [] }
// not a terminal: no colours
const stream = new PassThrough() as unknown as NodeJS.WriteStream

describe('the table', () => {
  it('has a line of figures and a sentence for each experiment', () => {
    const text = table(run(finding), stream)
    expect(text).toMatch(/^fair +2\/4 +0\.40 s +0\.40 s +0 +0$/m)
    expect(text).toContain(fair.shows(facts))
  })

  it('says what contradicts an experiment', () => {
    const text = table(run({ ...finding, contradictions: ['3 tasks were lost'] }), stream)
    expect(text).toContain('contradicted: 3 tasks were lost')
  })

  it('says of a run that is far from the best possible whether the machine was busy', () => {
    const slow = { ...finding, facts: { ...facts, makespanMs: 500 } }
    expect(table(run(slow), stream)).toContain(
      '1.25 times the best possible makespan, though the machine was not busy',
    )
    expect(table(run({ ...slow, busy: 'CPU 99 % in use' }), stream)).toContain('busy: CPU 99 % in use')
  })

  it('has no such remark where the makespan is not the point', () => {
    const slow = { ...finding, experiment: autoAck, facts: { ...facts, makespanMs: 500 } }
    expect(table(run(slow), stream)).not.toContain('times the best possible')
  })
})

describe('what was not run', () => {
  const notRun = [{ experiment: fair, reason: 'no <CPU> to spare' }]

  it('stands with its reason in the table, the page and the report', () => {
    expect(table({ ...run(finding), notRun }, stream)).toContain('fair  not run: no <CPU> to spare')
    expect(page({ ...run(finding), notRun })).toContain('was not run: no &lt;CPU&gt; to spare')
    expect(reportOf({ ...run(finding), notRun }).notRun).toEqual([
      { id: 'fair', reason: 'no <CPU> to spare' },
    ])
  })
})

it('of workers that differ in CPU nothing is claimed on a busy machine: table and page say so', () => {
  const [cpuFair] = experiments.filter(({ id }) => id === 'cpu-fair')
  expect(cpuFair).toBeDefined()
  if (!cpuFair) return
  const busy = run({ ...finding, experiment: cpuFair, busy: 'CPU 99 % in use' })
  expect(table(busy, stream)).toContain('nothing is claimed about the split: the machine was busy (CPU 99 %')
  expect(page(busy)).toContain('Nothing is claimed about the split: the machine was busy (CPU 99 %')
  expect(reportOf(busy).experiments).toMatchObject([{ busy: 'CPU 99 % in use' }])
})

describe('the report', () => {
  it('has whole milliseconds and what each worker did', () => {
    expect(reportOf(run(finding))).toEqual({
      broker: { version: '4.3.6' },
      experiments: [
        {
          ...{ id: 'fair', tasks: 6, split: { slow: 2, fast: 4 }, makespanMs: 400, optimumMs: 400 },
          ...{ lost: 0, duplicated: 0, repeated: 0, contradictions: [] },
        },
      ],
      notRun: [],
    })
  })
})

describe('the pictures', () => {
  const strip = { title: 'Fair', facts: { ...facts, killedMs: 300 } }

  it('have a bar for each task and say which worker died', () => {
    const svg = gantt([strip], lastMoment([strip]))
    expect(svg.match(/<title>task \d+: done, \d+ ms<\/title>/g)).toHaveLength(6)
    expect(svg).toContain('killed after 2, nothing lost')
  })

  it('show the tasks of who sends little', () => {
    const [one] = facts.bars
    const bars = one ? [{ ...one, sender: 'quiet-1' }] : []
    const svg = gantt([{ ...strip, facts: { ...facts, bars } }], 1_000)
    expect(svg).toContain('var(--quiet)')
    expect(gantt([strip], 1_000)).not.toContain('var(--quiet)')
  })

  it('are an SVG document that is light or dark with the system', () => {
    const svg = picture([strip], lastMoment([strip]))
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/)
    expect(svg).toContain('prefers-color-scheme: dark')
  })

  it('stand in a page that loads nothing', () => {
    const html = page(run({ ...finding, contradictions: ['<3 tasks were lost'] }))
    expect(html).toContain('Contradicted: &lt;3 tasks were lost')
    expect(html).not.toMatch(/<(script|link|img|iframe)\b|url\(|@import/)
  })

  it('can be drawn of a run in which nothing was done', () => {
    const nothing = factsOf({
      ...{ lengths: equal(1, 100), lines: [], factors: { slow: 2, fast: 1 }, left: 1 },
      consumingAt: { slow: origin, fast: origin },
    })
    expect(page(run({ ...finding, facts: nothing }))).toContain('0.00 s')
  })
})
