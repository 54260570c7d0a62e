import { colours } from '../../../local/colours.ts'
import { html } from '../../html.ts'
import { seconds } from '../experiments/catalogue.ts'
import { gantt, lastMoment } from './gantt.ts'
import type { Finding, Run } from './report.ts'

const style = `${colours}
body { margin: 2rem auto; max-width: 920px; padding: 0 1rem; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0; }
p { margin: .3rem 0; }
section { border-top: 1px solid var(--line); padding: 1rem 0 .2rem; }
svg { display: block; max-width: 100%; height: auto; }
.muted { color: var(--muted); font-size: .9rem; }
.wrong { color: var(--dead); font-weight: 600; }
.key { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; }
.key i { display: inline-block; width: .9em; height: .9em; margin-right: .4em; border-radius: 2px; vertical-align: -.1em; }`

const key = [
  ['slow', 'a task on the slow worker'],
  ['fast', 'on the fast worker'],
  ['quiet', 'of a tenant that sends little'],
  ['again', 'given out again after a failure'],
  ['dead', 'interrupted'],
  ['idle', 'idle'],
]

/** The run as one HTML page that needs nothing else. */
export function page(run: Run): string {
  const { broker, taskMs, findings, notRun } = run
  const strips = findings.map(({ experiment, facts }) => ({ title: experiment.title, facts }))
  const end = lastMoment(strips)
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Fair dispatch on RabbitMQ ${html(broker.version)}</title>
<style>${style}</style>
<h1>Fair dispatch on RabbitMQ ${html(broker.version)}</h1>
<p>Two workers on one queue. A task takes ${taskMs.slow} ms on the slow one and ${taskMs.fast} ms on the fast one;
where they differ in CPU, it computes.</p>
<p class="key muted">${key.map(([name, text]) => `<span><i style="background: var(--${name})"></i>${text}</span>`).join('')}
<span>┆ best possible makespan</span></p>
${findings.map((finding) => section(finding, end)).join('\n')}
${notRun.map(({ experiment, reason }) => `<p class="muted"><code>${experiment.id}</code> was not run: ${html(reason)}</p>`).join('\n')}
<p class="muted">Drawn from the log lines that the workers write for each task. The best possible makespan is that of the
shortest of all schedules of these tasks on these workers, for the time that they were there.</p>
</html>
`
}

function section({ experiment, facts, contradictions, busy }: Finding, end: number): string {
  const counts = [
    `<code>${experiment.id}</code>`,
    `${experiment.ack === 'auto' ? 'automatic' : 'manual'} acknowledgement`,
    experiment.prefetch === '1' ? 'prefetch 1' : 'no prefetch limit',
    ...(experiment.cpus ? [`${experiment.cpus.slow} and ${experiment.cpus.fast} CPU`] : []),
    `${facts.split.slow} slow, ${facts.split.fast} fast`,
    `${seconds(facts.makespanMs)}`,
    `${facts.lost} lost`,
    `${facts.duplicated} done twice`,
  ]
  return `<section>
${gantt([{ title: experiment.title, facts }], end)}
<p>${html(experiment.shows(facts))}</p>
<p class="muted">${counts.join(' · ')}</p>
${experiment.cpus && busy ? `<p class="muted">Nothing is claimed about the split: the machine was busy (${html(busy)}).</p>` : ''}
${contradictions.map((reason) => `<p class="wrong">Contradicted: ${html(reason)}</p>`).join('')}
</section>`
}
