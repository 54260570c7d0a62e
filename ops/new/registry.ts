/** The line that imports a declaration. */
export const importLine = (identifier: string, file: string) => `import { ${identifier} } from './${file}'`

/**
 * The text of services/tasks/registry.ts with one more task type, however it is formatted: an import after the last
 * one, and the last place in the list.
 * @returns undefined where it has no `taskTypes = [ … ]`
 */
export function withTaskType(text: string, identifier: string, file: string): string | undefined {
  const start = /\btaskTypes\b[^=;]*=\s*\[/.exec(text)
  if (!start) return undefined
  const from = start.index + start[0].length
  const end = endOfList(text, from)
  if (end === undefined) return undefined
  const { closing, lastCode } = end
  const needsComma = lastCode >= from && text[lastCode] !== ','
  const before = text.slice(0, lastCode + 1)
  const rest = text.slice(lastCode + 1, closing)
  const place = rest.includes('\n') ? `${rest}  ${identifier},\n` : `${rest} ${identifier}`
  const listed = `${before}${needsComma ? ',' : ''}${place}${text.slice(closing)}`
  const imports = [
    ...text.slice(0, start.index).matchAll(/^import\b[^;]*?from\s*['"][^'"]*['"](;?)[ \t]*$/gm),
  ]
  const last = imports.at(-1)
  const line = `${importLine(identifier, file)}${last?.[1] ?? ''}`
  if (!last) return `${line}\n${listed}`
  const after = last.index + last[0].length
  return `${listed.slice(0, after)}\n${line}${listed.slice(after)}`
}

/** Where the list's bracket closes, and its last character that is neither blank nor comment: `from - 1` where it is empty. */
function endOfList(text: string, from: number): { closing: number; lastCode: number } | undefined {
  const token = /\/\/.*|\/\*[\s\S]*?\*\/|(['"`])(?:\\.|(?!\1)[^\\])*\1|[[({]|[\])}]|\S/g
  token.lastIndex = from
  let depth = 0
  let lastCode = from - 1
  for (let match = token.exec(text); match; match = token.exec(text)) {
    const [code] = match
    if (code.startsWith('//') || code.startsWith('/*')) continue
    if ('[({'.includes(code)) depth += 1
    if ('])}'.includes(code)) {
      if (depth === 0) return code === ']' ? { closing: match.index, lastCode } : undefined
      depth -= 1
    }
    lastCode = match.index + code.length - 1
  }
  return undefined
}
