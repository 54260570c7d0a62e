import { styleText } from 'node:util'
import { environmentArgument } from './command-line/arguments.ts'
import { command } from './command-line/command.ts'
import { runCommand } from './command-line/lifecycle.ts'
import { duration } from './figures.ts'
import { type Examination, examine } from './status/examine.ts'
import { findTargets, targetNames } from './target/find.ts'
import type { Finding, ScheduleLook } from './target/look.ts'
import type { Target } from './target/target.ts'

const program = command(
  'npm run status',
  'Says whether an environment is healthy and, if not, why and what to do. Exits with 0 when it is, else with 1.',
  'npm run status -- production',
)
  .addArgument(environmentArgument(targetNames))
  .option('--json', 'print the figures as JSON')

await runCommand(program, async ({ args: [environment], options }) => {
  const targets = await findTargets(environment, process.env)
  const found = await Promise.all(targets.map(async (target) => ({ target, ...(await examine(target)) })))
  const findings = together(found)
  const healthy = findings.length === 0
  const paused = found.some(({ look }) => (look?.queue.pausedSeconds ?? 0) > 0)
  const blocks = found.flatMap((each, index) => [...facts(each, index === 0), ''])
  console.log(
    options.json
      ? JSON.stringify({ environment, healthy, ...asJson(found) })
      : [...blocks, ...verdict(findings, paused)].join('\n'),
  )
  return healthy ? 0 : 1
})

type Examined = Examination & { readonly target: Target }

/** Of several queues a list. */
function asJson(found: readonly Examined[]): object {
  const queues = found.map(({ target: { queue }, ...rest }) => ({ queue, ...rest }))
  return { ...(queues.length === 1 ? queues[0] : { queues }) }
}

/** What is wrong, each once: what is wrong with all queues is no one queue's matter. */
function together(found: readonly Examined[]): readonly Finding[] {
  const all = found.flatMap(({ target, findings }) => findings.map((finding) => ({ target, ...finding })))
  return [...Map.groupBy(all, ({ what, remedy }) => `${what}\n${remedy}`).values()].flatMap((same) => {
    const [{ target, what, remedy }] = same as [(typeof all)[number]]
    return { what: same.length === found.length ? what : `${target.queue}: ${what}`, remedy }
  })
}

/** @param first of several: producer, broker and schedules are those of all */
function facts({ target, look, producer, broker, schedules = [] }: Examined, first: boolean): string[] {
  const { name, environment, queue, endpoint } = target
  const answers = producer === undefined ? 'does not work' : `answers in ${duration(producer.ms)}`
  const head = [
    `${styleText('bold', environment)} · queue ${queue}`,
    ...(first
      ? [
          line('producer', `${endpoint} ${answers}`),
          line('broker', broker ? `RabbitMQ ${broker.brokerVersion}` : 'could not be looked at'),
        ]
      : []),
  ]
  const last = first ? schedules.flatMap(scheduleLines) : []
  if (look === undefined) return [...head, ...last]
  const { ready, inFlight, delayed, later, consumers, deadLetters, deadLettering, pausedSeconds } = look.queue
  const age =
    look.asOf === undefined
      ? 'none'
      : `${duration(Date.now() - look.asOf)} old, measured every ${look.measuredEvery} s`
  const onTheirWay = deadLettering > 0 ? `, ${deadLettering} more on their way` : ''
  return [
    ...head,
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

/** @param paused a queue is, by somebody's wish: that is no trouble */
function verdict(findings: readonly Finding[], paused: boolean): string[] {
  if (findings.length === 0) return [styleText('green', `healthy${paused ? ', and paused' : ''}`)]
  const count = findings.length === 1 ? '1 problem' : `${findings.length} problems`
  return [
    styleText('red', `not healthy: ${count}`),
    ...findings.flatMap(({ what, remedy }) => ['', `- ${what}`, `  ${styleText('dim', '→')} ${remedy}`]),
  ]
}
