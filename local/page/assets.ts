import { resolve } from 'node:path'
import { buildSync } from 'esbuild'
import { colours } from '../colours.ts'

/** One file that the browser gets. */
export interface Asset {
  readonly type: string
  readonly body: string
}

/** What the page calls itself. */
export interface Titles {
  /** The environment. */
  readonly title: string
  /** What serves it, as its user called that. */
  readonly command: string
}

const browser = resolve(import.meta.dirname, 'browser')

const html = ({ title, command }: Titles) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)} · Warren</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="page.css">
<script type="module" src="page.js"></script>
<body data-title="${escaped(title)}" data-command="${escaped(command)}"><noscript>The page draws what the workers do as they do it, which needs JavaScript.</noscript></body>
</html>
`

/**
 * The page's files by path, built in memory.
 * @throws esbuild's BuildFailure, whose message names file and line
 */
export function buildAssets(titles: Titles): ReadonlyMap<string, Asset> {
  const { outputFiles } = buildSync({
    entryPoints: ['page.tsx', 'page.css'].map((file) => resolve(browser, file)),
    outdir: browser,
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    logLevel: 'silent',
  })
  const text = (end: string) => outputFiles.find(({ path }) => path.endsWith(end))?.text ?? ''
  return new Map([
    ['', { type: 'text/html', body: html(titles) }],
    ['page.js', { type: 'text/javascript', body: text('.js') }],
    ['page.css', { type: 'text/css', body: `${colours}\n${text('.css')}` }],
  ])
}

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')
