import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch'
import type { WorkerClass } from '../../settings/environment.ts'
import { minute, type Watched } from './watched.ts'

/** One graph of the dashboard. */
export interface Graph {
  readonly title: string
  /** Label of the axis, which begins at 0. */
  readonly unit: string
  readonly metrics: readonly cloudwatch.IMetric[]
  readonly stacked?: boolean
  readonly max?: number
  readonly marks?: readonly { readonly value: number; readonly label: string }[]
}

/** A question, how to read the answer, and the widgets that give it: together 24 units wide. */
export interface DashboardRow {
  readonly question: string
  readonly answer: string
  readonly widgets: readonly cloudwatch.IWidget[]
}

export function graph(width: number, { title, unit, metrics, stacked, max, marks }: Graph) {
  return new cloudwatch.GraphWidget({
    title,
    width,
    height: 6,
    left: [...metrics],
    leftYAxis: { label: unit, showUnits: false, min: 0, ...(max === undefined ? {} : { max }) },
    leftAnnotations: (marks ?? []).map((mark) => ({ ...mark, color: cloudwatch.Color.GREY })),
    stacked: stacked ?? false,
    period: minute,
  })
}

/** What means the same has the same colour in every graph. */
export const colour = {
  done: cloudwatch.Color.GREEN,
  failed: cloudwatch.Color.RED,
  waiting: cloudwatch.Color.BLUE,
  again: cloudwatch.Color.PURPLE,
  p50: '#9ecae1',
  p95: '#3182bd',
  p99: '#08306b',
} as const

/** Of each worker class: light for its share of the tasks, dark for its share of the capacity. */
const classColours = [
  ['#ff9e4a', '#b35900'],
  ['#6baed6', '#08519c'],
  ['#98d594', '#1b7837'],
  ['#c5a3e0', '#6a3d9a'],
] as const

export const ofClass = ({ workers }: Watched, worker: WorkerClass) =>
  classColours[workers.indexOf(worker) % classColours.length] ?? classColours[0]
