import { percentilesOf } from '../../ops/figures.ts'
import { unfailing } from '../../services/contract/log.ts'
import type { LocalRun } from './local-run.ts'

/** What a query over the workers' log lines shows. */
export interface Table {
  readonly header: readonly string[]
  /** Where each column begins, in pixels from the left. */
  readonly columns: readonly number[]
  readonly rows: readonly (readonly string[])[]
}

/** The answer to one of the dashboard's queries. */
export function tableOf(query: string, { tries }: LocalRun): Table {
  const field = /\bby (priority|tenant)\b/.exec(query)?.[1]
  return field === undefined ? reasons(tries) : waits(tries, field as 'priority' | 'tenant')
}

function reasons(tries: LocalRun['tries']): Table {
  const failed = tries.filter(({ outcome }) => !unfailing.includes(outcome))
  const groups = Map.groupBy(failed, ({ type, class: name, outcome, reason = '' }) =>
    JSON.stringify([type, name, outcome, reason.slice(0, 80)]),
  )
  const rows = [...groups].map(([key, { length }]) => [String(length), ...(JSON.parse(key) as string[])])
  return {
    header: ['tries', 'type', 'class', 'outcome', 'why'],
    columns: [20, 90, 190, 290, 430],
    rows: rows.toSorted(([one], [other]) => Number(other) - Number(one)),
  }
}

function waits(tries: LocalRun['tries'], field: 'priority' | 'tenant'): Table {
  const first = tries.filter(
    ({ deliveryCount, [field]: value }) => deliveryCount === 0 && value !== undefined,
  )
  const rows = [...Map.groupBy(first, ({ [field]: value }) => String(value))].map(([value, own]) => {
    const seconds = percentilesOf(own.flatMap(({ waitMs }) => (waitMs === null ? [] : [waitMs / 1_000])))
    return [value, String(own.length), ...[50, 95].map((percent) => (seconds(percent) ?? 0).toFixed(3))]
  })
  const by = field === 'priority' ? 0 : 1
  return {
    header: [field, 'tasks', 'p50', 'p95'],
    columns: [20, 160, 260, 360],
    rows: rows.toSorted((one, other) => Number(other[by]) - Number(one[by])),
  }
}
