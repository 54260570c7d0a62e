import { colours } from '../../local/colours.ts'
import { html } from '../html.ts'
import type { Plot, Result } from './benchmark.ts'
import { bars, colourOf, lines } from './drawing.ts'
import type { Chapter } from './perform.ts'
import { cellsOf, type Report } from './report.ts'

const style = `${colours}
body { margin: 2rem auto; max-width: 980px; padding: 0 1rem; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0; }
section { border-top: 1px solid var(--line); margin-top: 1.5rem; }
svg { display: block; max-width: 100%; height: auto; }
table { border-collapse: collapse; font-size: .85rem; }
th, td { text-align: left; padding: .2rem .6rem .2rem 0; vertical-align: top; border-bottom: 1px solid var(--line); }
td:nth-child(n+3):nth-child(-n+5) { text-align: right; }
.muted { color: var(--muted); font-size: .9rem; }
.wrong { color: var(--dead); font-weight: 600; }
.key i { display: inline-block; width: .9em; height: .9em; margin: 0 .4em 0 1em; border-radius: 2px; vertical-align: -.1em; }`

/** A run as one HTML page that needs nothing else. */
export function page({ date, versions, busy }: Report, chapters: readonly Chapter[]): string {
  const made = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Warren's benchmarks, ${date.slice(0, 10)}</title>
<style>${style}</style>
<h1>Warren's benchmarks</h1>
<p class="muted">${html(date)} · ${made.map(html).join(' · ')}</p>
${busy === undefined ? '' : `<p class="wrong">The machine was busy before the run: ${html(busy)}.</p>`}
${chapters.map(chapter).join('\n')}
</html>
`
}

function chapter({ benchmark, results, plots, pictures, remarks, failed }: Chapter): string {
  const { id, measures, limit, peers } = benchmark
  return `<section><h2>${html(id)}</h2>
<p>${html(measures)}</p>
<p class="muted">Limit: ${html(limit)} Peers: ${html(peers)}</p>
<table><tr><th></th><th>unit</th><th>Warren</th><th>limit</th><th>of the limit</th><th>peers</th><th>claim</th></tr>
${results.map(row).join('\n')}</table>
${remarks.map((remark) => `<p class="${failed ? 'wrong' : ''}">${html(remark)}</p>`).join('\n')}
${results
  .filter((result) => Object.keys(result.peers).length > 0)
  .map(picture)
  .join('\n')}
${plots.map(plot).join('\n')}
${pictures.map(({ title, svg }) => `<h3>${html(title)}</h3>${svg}`).join('\n')}
</section>`
}

function row(result: Result): string {
  const { claim } = result
  const cells = cellsOf(result).map((cell) => `<td>${html(cell)}</td>`)
  const word = claim ? `${claim.holds ? 'holds' : 'does not hold'}: ${claim.text}` : ''
  return `<tr>${cells.join('')}<td class="${claim?.holds === false ? 'wrong' : ''}">${html(word)}</td></tr>`
}

function picture(result: Result): string {
  return `<h3>${html(result.id)}</h3>${bars(result)}`
}

function plot(drawn: Plot): string {
  const key = drawn.series.map(({ name }, at) => `<i style="background: ${colourOf(at)}"></i>${html(name)}`)
  return `<h3>${html(drawn.title)}</h3><p class="key muted">${key.join('')}</p>${lines(drawn)}`
}
