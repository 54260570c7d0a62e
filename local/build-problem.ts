import { inspect } from 'node:util'
import type { Message } from 'esbuild'
import { placeIn, placeText, quoteSource } from './source-place.ts'

/** So many are shown: most follow from the first. */
const maxShown = 5

/** What is wrong with the sources, by place and line, for whoever has just changed them. */
export function describeBuildProblem(error: unknown): string {
  if (isBuildFailure(error)) {
    const shown = error.errors.slice(0, maxShown).map(describeMessage)
    const left = error.errors.length - shown.length
    return [...shown, ...(left > 0 ? [`... and ${left} more`] : [])].join('\n')
  }
  if (!(error instanceof Error)) return inspect(error)
  const place = placeIn(error.stack ?? '')
  return place ? `${placeText(place)}: ${error.name}: ${error.message}\n${quoteSource(place)}` : String(error)
}

const isBuildFailure = (error: unknown): error is { readonly errors: readonly Message[] } =>
  error instanceof Error && 'errors' in error && Array.isArray(error.errors)

function describeMessage({ text, location }: Message): string {
  if (!location) return text.replaceAll(`${process.cwd()}/`, '')
  const { file, line, column, length, lineText } = location
  // esbuild counts bytes, from 0
  const before = Buffer.from(lineText).subarray(0, column).toString().length
  const place = { file, line, column: before + 1, length, text: lineText }
  return `${placeText(place)}: ${text}\n${quoteSource(place)}`
}
