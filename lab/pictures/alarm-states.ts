import type { EnvironmentName } from '../../test/infra/synth.ts'
import { alarmsOf, compositeAlarmsOf } from '../../test/support/template-metrics.ts'
import type { Metrics } from './cloudwatch.ts'
import { alarmQueries } from './widget-queries.ts'

/** Which alarms of an environment would be on at the end, by logical id. */
export function alarmStates(
  environment: EnvironmentName,
  metrics: Metrics,
  minuteMs: number,
): ReadonlyMap<string, boolean> {
  const states = new Map(
    alarmsOf(environment).map(([id, alarm]): [string, boolean] => {
      const { all, period } = alarmQueries(alarm)
      const decides = all.at(-1) ?? {}
      const series = metrics.series(decides, all, (period / 60) * minuteMs)
      const last = series.slice(-alarm.EvaluationPeriods)
      const below = alarm.ComparisonOperator === 'LessThanThreshold'
      const breaches = (value: number | undefined) => {
        if (value === undefined) return alarm.TreatMissingData === 'breaching'
        return below ? value < alarm.Threshold : value > alarm.Threshold
      }
      return [id, last.length >= alarm.EvaluationPeriods && last.every(breaches)]
    }),
  )
  for (const [id, { AlarmRule }] of compositeAlarmsOf(environment)) {
    const rule = AlarmRule.replaceAll(/ALARM\("([^".]+)\.Arn"\)/g, (_: string, child: string) =>
      String(states.get(child)),
    )
    states.set(id, Boolean(new Function(`return ${rule.replaceAll('AND', '&&').replaceAll('OR', '||')}`)()))
  }
  return states
}
