import { html } from '../html.ts'
import type { Comparison } from './compare.ts'
import { colourOf, course, overview, style } from './picture.ts'
import { table } from './table.ts'

/** All as one HTML page that needs nothing else. */
export function page(title: string, comparisons: readonly Comparison[]): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${html(title)}</title>
<style>${style}
body { margin: 2rem auto; max-width: 960px; padding: 0 1rem; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
svg { display: block; max-width: 100%; height: auto; }
pre { overflow-x: auto; font-size: .8rem; line-height: 1.35; }
.key { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; }
.key i { display: inline-block; width: .9em; height: .9em; margin-right: .4em; border-radius: 2px; vertical-align: -.1em; }</style>
<h1>${html(title)}</h1>
${overview(comparisons)}
${comparisons.map(section).join('\n')}
</html>
`
}

function section(comparison: Comparison): string {
  const key = comparison.results
    .filter(({ contestant }) => colourOf(contestant) !== 'var(--muted)' && contestant !== 'ideal')
    .map(
      ({ contestant }) =>
        `<span><i style="background: ${colourOf(contestant)}"></i>${html(contestant)}</span>`,
    )
  return `<h2>${html(comparison.load.id)}</h2>
<pre>${html(table(comparison))}</pre>
<p class="key">${key.join('')}</p>
${course(comparison)}`
}
