import type { SeenTask } from '../desk-words.ts'
import { number, quantile, waitText } from './figures.ts'

/** What found tasks have in common, in the order in which it is shown. */
const facetNames = ['outcome', 'reason', 'priority', 'tenant', 'class', 'queue', 'type'] as const
type FacetName = (typeof facetNames)[number]
/** Only tasks with these. */
export type Picked = Partial<Readonly<Record<FacetName, string>>>

export interface Facet {
  readonly name: FacetName
  /** Those with the most tasks first. */
  readonly groups: readonly {
    readonly value: string
    readonly count: number
    readonly p50: number | null
    readonly p95: number | null
  }[]
}

const shown = 8
/** Kept for as long as the same tasks are shown: 100,000 take a while to count. */
const known = new WeakMap<readonly SeenTask[], readonly Facet[]>()

/** How many tasks have what in common, and how long these have waited. */
export function facetsOf(tasks: readonly SeenTask[]): readonly Facet[] {
  const facets = known.get(tasks) ?? facetNames.map((name) => facetOf(name, tasks))
  known.set(tasks, facets)
  return facets
}

function facetOf(name: FacetName, tasks: readonly SeenTask[]): Facet {
  const groups = Map.groupBy(tasks, (task) => String(task[name] ?? ''))
  groups.delete('')
  const most = [...groups].toSorted(([, one], [, other]) => other.length - one.length).slice(0, shown)
  return {
    name,
    groups: most.map(([value, members]) => {
      const waits = members.flatMap(({ waitMs }) => waitMs ?? [])
      return { value, count: members.length, p50: quantile(waits, 0.5), p95: quantile(waits, 0.95) }
    }),
  }
}

interface FacetsProps {
  readonly facets: readonly Facet[]
  readonly picked: Picked
  readonly pick: (picked: Picked) => void
}

/** Waits and failures of what was found; each name shows its tasks only. */
export function Facets({ facets, picked, pick }: FacetsProps) {
  const toggle = (name: FacetName, value: string) => {
    const { [name]: before, ...others } = picked
    pick(before === value ? others : { ...others, [name]: value })
  }
  const told = facets.filter(
    ({ name, groups }) => groups.length > 1 || picked[name] !== undefined || name === 'reason',
  )
  return (
    <div class="facets">
      {told.map(({ name, groups }) =>
        groups.length === 0 ? null : (
          <table key={name}>
            <caption class="unseen">Tasks by {name}, and how long they had waited</caption>
            <thead>
              <tr>
                <th scope="col">{name}</th>
                <th scope="col">tasks</th>
                <th scope="col">waited p50</th>
                <th scope="col">p95</th>
              </tr>
            </thead>
            <tbody>
              {groups.map(({ value, count, p50, p95 }) => (
                <tr key={value}>
                  <th scope="row">
                    <button
                      type="button"
                      class="link"
                      aria-pressed={picked[name] === value}
                      onClick={() => toggle(name, value)}
                    >
                      {value}
                    </button>
                  </th>
                  <td>{number.format(count)}</td>
                  <td>{waitText(p50)}</td>
                  <td>{waitText(p95)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        ),
      )}
    </div>
  )
}
