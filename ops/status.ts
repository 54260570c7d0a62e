import { styleText } from 'node:util'
import { environmentArgument } from './command-line/arguments.ts'
import { command } from './command-line/command.ts'
import { runCommand } from './command-line/lifecycle.ts'
import { duration } from './figures.ts'
import { type Examination, examine } from './status/examine.ts'
import { findTarget, targetNames } from './target/find.ts'
import type { ScheduleLook } from './target/look.ts'
import type { Target } from './target/target.ts'

const program = command(
  'npm run status',
  'Says whether an environment is healthy and, if not, why and what to do. Exits with 0 when it is, else with 1.',
  'npm run status -- production',
)
  .addArgument(environmentArgument(targetNames))
  .option('--json', 'print the figures as JSON')

await runCommand(program, async ({ args: [environment], options }) => {
  const target = await findTarget(environment, process.env)
  const found = await examine(target)
  const healthy = found.findings.length === 0
  console.log(
    options.json
      ? JSON.stringify({ environment: target.name, healthy, ...found })
      : [...facts(target, found), '', ...verdict(found)].join('\n'),
  )
  return healthy ? 0 : 1
})

function facts(
  { name, queue, endpoint }: Target,
  { look, producer, broker, schedules = [] }: Examination,
): string[] {
  const answers = producer === undefined ? 'does not work' : `answers in ${duration(producer.ms)}`
  const title = `${styleText('bold', name)} · queue ${queue}`
  const first = line('producer', `${endpoint} ${answers}`)
  const second = line('broker', broker ? `RabbitMQ ${broker.brokerVersion}` : 'could not be looked at')
  const last = schedules.flatMap(scheduleLines)
  if (look === undefined) return [title, first, second, ...last]
  const { ready, inFlight, delayed, later, consumers, deadLetters, deadLettering, pausedSeconds } = look.queue
  const age =
    look.asOf === undefined
      ? 'none'
      : `${duration(Date.now() - look.asOf)} old, measured every ${look.measuredEvery} s`
  const onTheirWay = deadLettering > 0 ? `, ${deadLettering} more on their way` : ''
  return [
    title,
    first,
    second,
    ...(pausedSeconds > 0 ? [line('paused', paused(name, pausedSeconds))] : []),
    line('queue', `${ready} ready, ${inFlight} in flight, ${delayed} wait for a retry`),
    line('later', `${later} wait for their time`),
    line('dead letters', `${deadLetters}${onTheirWay}`),
    line('slots', `${consumers} in service`),
    ...look.classes.map(({ name, running, desired, slots, deployment }) => {
      const of = desired === undefined ? '' : ` of ${desired}`
      const note = deployment ? `; deployment ${deployment}` : ''
      return line(name, `${running}${of} running, slots: ${slots}${note}`)
    }),
    line('figures', age),
    ...last,
  ]
}

function scheduleLines({ name, when, timeZone, last, next }: ScheduleLook, index: number): string[] {
  const time = (at: number | undefined, unknown: string) =>
    at === undefined
      ? unknown
      : new Date(at).toLocaleString('sv', { timeZone, timeStyle: 'short', dateStyle: 'short' })
  return [
    line(index === 0 ? 'schedules' : '', `${name}: ${when}, in the time of ${timeZone}`),
    line('', `  last ${time(last, 'not known')}, next ${time(next, 'not known')}`),
  ]
}

function paused(name: string, seconds: number): string {
  const text = `for ${duration(seconds * 1_000)}: no slot takes tasks until npm run resume -- ${name}`
  return styleText('yellow', text)
}

function line(label: string, text: string): string {
  return `  ${styleText('dim', label.padEnd(14))}${text}`
}

function verdict({ findings }: Examination): string[] {
  if (findings.length === 0) return [styleText('green', 'healthy')]
  const count = findings.length === 1 ? '1 problem' : `${findings.length} problems`
  return [
    styleText('red', `not healthy: ${count}`),
    ...findings.flatMap(({ what, remedy }) => ['', `- ${what}`, `  ${styleText('dim', '→')} ${remedy}`]),
  ]
}
