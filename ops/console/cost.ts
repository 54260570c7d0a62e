import { prices } from '../cost/prices.ts'
import { metricsAnHour } from '../target/deployed-watcher.ts'

/** What CloudWatch takes for an hour in which the page of a queue with so many worker classes is looked at, in USD. */
export function usdAnHour(classes: number): number {
  return metricsAnHour(classes) * prices['metric asked for'].usd
}
