/** A text as lines of at most so many columns, each indented; a word that is longer is cut. */
export function wrap(text: string, columns: number, indent: number): string[] {
  const room = Math.max(20, columns - indent)
  if (!Number.isFinite(room) || text.length <= room) return [' '.repeat(indent) + text]
  const lines: string[] = []
  let rest = text
  while (rest.length > room) {
    const space = rest.lastIndexOf(' ', room)
    const end = space > room / 2 ? space : room
    lines.push(rest.slice(0, end).trimEnd())
    rest = rest.slice(end).trimStart()
  }
  return [...lines, rest].map((line) => ' '.repeat(indent) + line)
}
