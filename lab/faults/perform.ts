import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Lifecycle } from '../../ops/command-line/lifecycle.ts'
import { createProgress } from '../../ops/command-line/progress.ts'
import { checkHistory } from '../checker/check.ts'
import { seededRandom } from '../random.ts'
import { campaign } from './campaign.ts'
import type { Fault } from './fault.ts'
import { picture } from './picture.ts'
import { type Piece, pieceOf } from './piece.ts'
import { lateRecoveries, type Run, reportOf, violations } from './report.ts'
import { runOf } from './run-of.ts'
import { statesWrong } from './states.ts'
import { System } from './system.ts'

/** What a run is to do. */
export interface Plan extends Pick<Piece, 'seed' | 'minutes' | 'rate' | 'ledger'> {
  readonly nodes: 1 | 3
  readonly chosen: readonly Fault[]
}

/** Where a run leaves its report, its picture and its history. */
export const folder = resolve(import.meta.dirname, '../../.warren')

/** Throws the faults at a system of its own, and judges what came of it, as does the checker that is not ours. */
export async function perform(plan: Plan, { signal, stack }: Lifecycle) {
  const { seed, minutes, chosen } = plan
  const progress = createProgress(process.stderr)
  const failures: string[] = []
  const failed = (error: unknown) => {
    failures.push(error instanceof Error ? error.message : String(error))
    progress.say(`failed: ${failures.at(-1)}`)
  }
  progress.show(['starting ...'])
  const system = stack.use(await System.start({ ...plan, kept: plan.ledger, progress: progress.say }))
  const date = new Date().toISOString().slice(0, 10)
  let latest = 'none yet'
  const end = Date.now() + minutes * 60_000
  const ticker = setInterval(() => progress.show([statusOf(system, end, latest)]), 1_000)
  stack.defer(() => clearInterval(ticker))
  const events = {
    began: ({ kind }: Fault) => {
      latest = kind
    },
    failed: (_: Fault, error: unknown) => failed(error),
  }
  await campaign(system, chosen, minutes, seededRandom(seed), events, signal)
  const patience = Math.max(60, ...chosen.map(({ recovery }) => recovery?.seconds ?? 0)) + 60
  await system.settle(patience).catch(failed)
  await system.stopServices().catch(failed)
  clearInterval(ticker)
  const run = runOf(system, { seed, minutes, failures, statesWrong: await statesWrong(system) })
  const report = reportOf(run)
  await write(report, picture(system.seen.doneAt, system.ledger.episodes), system.admin.secrets)
  const verdict = await judge(system)
  const wrong = [...violations(run), ...lateRecoveries(run), ...verdict.violations]
  return {
    report,
    verdict,
    wrong,
    piece: pieceOf(report, { ...contextOf(plan, system, run), date, verdict, violations: wrong }),
  }
}

function contextOf({ rate, nodes, ledger }: Plan, { nodes: [node], seen }: System, { recoveries }: Run) {
  return { rate, nodes, ledger, rabbitmq: node?.version ?? '', recoveries, doneAt: seen.doneAt }
}

async function judge(system: System) {
  const history = resolve(folder, 'history.jsonl')
  await copyFile(await system.history(), history)
  return checkHistory(history)
}

function statusOf(system: System, end: number, latest: string): string {
  system.readEffects()
  const { ledger } = system
  const left = Math.max(0, Math.round((end - Date.now()) / 1_000))
  const counts = `${ledger.confirmed} confirmed, ${ledger.done} done, ${ledger.episodes.length} faults`
  return `${left > 0 ? `${left} s left` : 'waiting for what is left'}: ${counts}, latest ${latest}`
}

async function write(
  report: ReturnType<typeof reportOf>,
  svg: string,
  secrets: ReadonlySet<string>,
): Promise<void> {
  const json = `${JSON.stringify(report, undefined, 2)}\n`
  for (const secret of secrets) if (json.includes(secret)) throw new Error('the report holds a secret')
  await mkdir(folder, { recursive: true })
  await writeFile(resolve(folder, 'faults.json'), json)
  await writeFile(resolve(folder, 'faults.svg'), svg)
}
