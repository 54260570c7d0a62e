import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'

export interface Column<Row> {
  readonly name: string
  readonly cell: (row: Row) => ComponentChildren
}

interface RowsProps<Row> {
  /** What the rows are, for screen readers. */
  readonly label: string
  /** The first one's cells open a row. */
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  readonly open: (row: Row) => void
}

/** In CSS pixels: page.css has it too. */
const rowPx = 34
/** Rows that are there above and below what is seen. */
const beyond = 8

/** A list of any length: only the rows that are seen are in the document, and the one that has the focus. */
export function Rows<Row>({ label, columns, rows, open }: RowsProps<Row>) {
  const box = useRef<HTMLDivElement>(null)
  const [top, setTop] = useState(0)
  const [active, setActive] = useState(0)
  const moved = useRef(false)
  const current = Math.max(0, Math.min(active, rows.length - 1))
  const seen = Math.ceil((box.current?.clientHeight ?? 400) / rowPx)
  const shown = shownRows(rows.length, Math.floor(top / rowPx), seen, current)
  // with the row that had it, or a key that comes in between is lost
  useLayoutEffect(() => {
    if (!moved.current) return
    moved.current = false
    const row = box.current?.querySelector<HTMLElement>(`[aria-rowindex="${current + 2}"] button`)
    row?.focus({ preventScroll: true })
  })
  const go = (index: number) => {
    const to = Math.max(0, Math.min(index, rows.length - 1))
    if (box.current) scrollTo(box.current, to)
    moved.current = true
    setActive(to)
  }
  const steps: Readonly<Record<string, number>> = {
    ...{ ArrowDown: current + 1, ArrowUp: current - 1, PageDown: current + seen - 2 },
    ...{ PageUp: current - seen + 2, Home: 0, End: rows.length - 1 },
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const to = steps[event.key]
    if (to === undefined) return
    event.preventDefault()
    go(to)
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys go through the buttons in it
    <div class="rows" ref={box} onScroll={() => setTop(box.current?.scrollTop ?? 0)} onKeyDown={onKeyDown}>
      <table aria-rowcount={rows.length + 1}>
        <caption class="unseen">{label}</caption>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map(({ name }) => (
              <th scope="col" key={name} data-column={name}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.flatMap((index, at) => [
            <Gap key={`before ${index}`} rows={index - (shown[at - 1] ?? -1) - 1} />,
            <tr key={index} aria-rowindex={index + 2}>
              {columns.map(({ name, cell }, column) =>
                column > 0 ? (
                  <td key={name} data-column={name}>
                    {cell(rows[index] as Row)}
                  </td>
                ) : (
                  <th key={name} scope="row">
                    <button
                      type="button"
                      class="link"
                      tabIndex={index === current ? 0 : -1}
                      onFocus={() => setActive(index)}
                      onClick={() => open(rows[index] as Row)}
                    >
                      {cell(rows[index] as Row)}
                    </button>
                  </th>
                ),
              )}
            </tr>,
          ])}
          <Gap rows={rows.length - 1 - (shown.at(-1) ?? -1)} />
        </tbody>
      </table>
    </div>
  )
}

/** As high as so many rows that are not there. */
function Gap({ rows }: { readonly rows: number }) {
  if (rows <= 0) return null
  return <tr style={{ height: `${rows * rowPx}px` }} />
}

/** The indexes of the rows that are in the document, in order. */
function shownRows(count: number, first: number, seen: number, current: number): readonly number[] {
  const from = Math.max(0, Math.min(first, count - seen) - beyond)
  const to = Math.min(count, from + seen + 2 * beyond)
  const shown = Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index)
  if (count === 0 || shown.includes(current)) return shown
  return [...shown, current].toSorted((one, other) => one - other)
}

/** Moves a list so that a row is seen; the heading covers the height of one. */
function scrollTo(box: HTMLElement, index: number): void {
  const lowest = index * rowPx
  const highest = (index + 2) * rowPx - box.clientHeight
  box.scrollTop = Math.max(highest, Math.min(lowest, box.scrollTop))
}
