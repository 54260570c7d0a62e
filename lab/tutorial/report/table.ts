import { styleText } from 'node:util'
import { seconds } from '../experiments/catalogue.ts'
import type { Finding, Run } from './report.ts'

const columns = ['experiment', 'slow/fast', 'makespan', 'best possible', 'lost', 'done twice']

/** More than this times the best possible makespan is worth a remark. */
const closeEnough = 1.05

/** The run as text for a terminal, in colour if `stream` has any. */
export function table({ findings, notRun, taskMs }: Run, stream: NodeJS.WriteStream): string {
  const dim = (text: string) => styleText('dim', text, { stream })
  const rows = findings.map(({ experiment, facts }) => [
    experiment.id,
    `${facts.split.slow}/${facts.split.fast}`,
    seconds(facts.makespanMs),
    seconds(facts.optimumMs),
    String(facts.lost),
    String(facts.duplicated),
  ])
  const widths = columns.map((name, at) => Math.max(name.length, ...rows.map((row) => row[at]?.length ?? 0)))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  ')
  return [
    '',
    styleText('bold', line(columns), { stream }),
    ...findings.flatMap((finding, at) => [
      line(rows[at] ?? []),
      dim(`  ${finding.experiment.shows(finding.facts)}`),
      ...remarks(finding, stream),
    ]),
    ...notRun.map(({ experiment, reason }) => `${experiment.id}  not run: ${reason}`),
    '',
    dim(
      `A task takes ${taskMs.slow} ms on the slow worker and ${taskMs.fast} ms on the fast one; where they differ in CPU, it computes.`,
    ),
    dim(
      'Makespan: from the start of the first task to the end of the last, by the log lines of the workers.',
    ),
    dim(
      'Best possible: the shortest of all schedules of these tasks on these workers while they were there (exact).',
    ),
    '',
  ].join('\n')
}

function remarks({ experiment, facts, contradictions, busy }: Finding, stream: NodeJS.WriteStream): string[] {
  const red = contradictions.map((reason) => styleText('red', `  contradicted: ${reason}`, { stream }))
  if (experiment.cpus && busy !== undefined)
    return [
      ...red,
      styleText('yellow', `  nothing is claimed about the split: the machine was busy (${busy})`, { stream }),
    ]
  const ratio = facts.makespanMs / facts.optimumMs
  if (!experiment.nearOptimum || ratio <= closeEnough) return red
  const why = busy === undefined ? 'though the machine was not busy' : `the machine was busy: ${busy}`
  return [
    ...red,
    styleText('yellow', `  ${ratio.toFixed(2)} times the best possible makespan, ${why}`, { stream }),
  ]
}
