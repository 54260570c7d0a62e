import { styleText } from 'node:util'
import { duration } from '../figures.ts'
import type { ClassLook, Look } from '../target/look.ts'

const barWidth = 10
const sparks = '▁▂▃▄▅▆▇█'

/** A look as lines that fill a terminal of 80 columns. */
export function view(title: string, look: Look, now: number, problem?: string): string[] {
  const { ready, inFlight, delayed, later, consumers, deadLetters, deadLettering } = look.queue
  const line = (label: string, text: string) => `${dim(label.padEnd(14))}${text}`
  const dead = `${deadLetters}${deadLettering > 0 ? `, ${deadLettering} on their way` : ''}`
  return [
    `${styleText('bold', title)}  ${dim(age(look, now))}${problem ? styleText('red', `  ${problem}`) : ''}`,
    '',
    line('backlog', `${number(ready + inFlight).padEnd(8)} ${sparkline(look.backlog, 50)}`),
    line('', `${number(ready)} ready, ${number(inFlight)} in flight, ${number(delayed)} wait for a retry`),
    ...(later > 0 ? [line('later', `${number(later)} wait for their time`)] : []),
    line('slots', `${consumers}${paused(look)}`),
    line('dead letters', deadLetters > 0 ? styleText('red', dead) : dead),
    '',
    dim(
      `${'class'.padEnd(10)} running slots  done/s  ${'share of tasks'.padEnd(barWidth + 6)}  capacity  waits p50     p95`,
    ),
    ...classLines(look),
    ...failures(look),
    '',
    dim(`tasks and waits of the last ${duration(look.windowSeconds * 1_000)}; q quits`),
  ]
}

function classLines({ classes, windowSeconds }: Look): string[] {
  const share = shares(classes)
  return classes.map((look) => {
    const { done, capacity } = share(look)
    const filled = Math.round(done * barWidth)
    const running = look.desired === undefined ? `${look.running}` : `${look.running}/${look.desired}`
    const bar = `${styleText('cyan', '█'.repeat(filled))}${dim('░'.repeat(barWidth - filled))}`
    const wait = (ms: number | undefined) => (ms === undefined ? '–' : duration(ms))
    return [
      look.name.padEnd(10),
      running.padStart(8),
      `${look.slots}`.padStart(6),
      rate(look.done / windowSeconds).padStart(8),
      `  ${bar} ${percent(done).padStart(5)}`,
      percent(capacity).padStart(10),
      wait(look.waitMs?.p50).padStart(11),
      wait(look.waitMs?.p95).padStart(8),
    ].join('')
  })
}

function failures({ classes }: Look): string[] {
  const some = classes.filter(({ failed }) => failed > 0).map(({ name, failed }) => `${name} ${failed}`)
  return some.length === 0 ? [] : [styleText('yellow', `failed tries: ${some.join(', ')}`)]
}

/** A look as one line, where there is no terminal. */
export function plainLine(look: Look, now: number): string {
  const { ready, inFlight, delayed, later, consumers, deadLetters } = look.queue
  const share = shares(look.classes)
  const classes = look.classes.map((one) => {
    const wait = one.waitMs ? `, waits ${duration(one.waitMs.p50)} p95 ${duration(one.waitMs.p95)}` : ''
    return `${one.name} ${one.running} running, ${rate(one.done / look.windowSeconds)}/s, ${percent(share(one).done)} of tasks${wait}`
  })
  const time = new Date(now).toISOString().slice(11, 19)
  return [
    `${time} backlog ${ready + inFlight} (${ready} ready, ${inFlight} in flight, ${delayed} delayed)`,
    ...(later > 0 ? [`later ${later}`] : []),
    `slots ${consumers}${paused(look)}`,
    `dead letters ${deadLetters}`,
    ...classes,
    age(look, now),
  ].join(' · ')
}

function paused({ queue: { pausedSeconds } }: Look): string {
  return pausedSeconds > 0 ? styleText('yellow', `, paused for ${duration(pausedSeconds * 1_000)}`) : ''
}

function age({ asOf, measuredEvery }: Look, now: number): string {
  if (asOf === undefined) return 'no data'
  const seconds = Math.max(0, Math.floor((now - asOf) / 1_000))
  return `data ${seconds} s old, measured every ${measuredEvery} s`
}

function shares(classes: readonly ClassLook[]) {
  const total = (key: 'done' | 'capacity') => classes.reduce((sum, look) => sum + look[key], 0) || 1
  const [done, capacity] = [total('done'), total('capacity')]
  return (look: ClassLook) => ({ done: look.done / done, capacity: look.capacity / capacity })
}

function sparkline(values: readonly number[], width: number): string {
  const shown = values.slice(-width)
  const max = Math.max(...shown, 1)
  return shown.map((value) => sparks[Math.round((value / max) * (sparks.length - 1))]).join('')
}

const dim = (text: string) => styleText('dim', text)
const number = (value: number) => Math.round(value).toLocaleString('en-US')
const percent = (part: number) => `${Math.round(part * 100)} %`
const rate = (perSecond: number) => perSecond.toFixed(perSecond < 10 ? 1 : 0)
