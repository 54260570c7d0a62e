import type { Lifecycle } from '../../ops/command-line/lifecycle.ts'
import type { Progress } from '../../ops/command-line/progress.ts'
import { exponential, pareto } from './distributions.ts'
import { meanWaitMG1, meanWaitMMc } from './queueing.ts'
import { realRun } from './real-run.ts'
import { trial } from './trial.ts'

const cases = [
  ...[1, 2, 8, 20].map((slots) => ({
    name: `M/M/${slots}`,
    ...{ slots, work: exponential(1), wait: (load: number) => meanWaitMMc(slots, load) },
  })),
  {
    ...{ name: 'M/G/1, Pareto with shape 3.5', slots: 1, work: pareto(1, 3.5) },
    wait: (load: number) => meanWaitMG1(load, 1 / 5.25),
  },
]

/** Holds the simulator to queueing theory and to a real run. Gives the exit status. */
export async function validate(
  seed: number,
  { signal, stack }: Lifecycle,
  { say, show, clear }: Progress,
): Promise<number> {
  say(
    'Mean wait in service times, 80 % of the slots busy: formula, and the simulator in 20 runs (± 3 standard errors)',
  )
  let wrong = 0
  for (const { name, slots, work, wait } of cases) {
    signal.throwIfAborted()
    const load = 0.8 * slots
    const formula = wait(load)
    const { mean, standardError } = trial(slots, load, work, 20, 40_000 / load)
    const holds = Math.abs(mean - formula) <= 3 * standardError
    if (!holds) wrong += 1
    const figures = `${formula.toFixed(3)}  ${mean.toFixed(3)} ± ${(3 * standardError).toFixed(3)}`
    say(`  ${name.padEnd(30)} ${figures}  ${holds ? 'holds' : 'DOES NOT HOLD'}`)
  }
  const run = await realRun(seed, signal, stack, (line) => show([line]))
  clear()
  say(
    'A real run: three workers on a real broker, sleep tasks of 150 ms, 80 % of the slots busy, and its replay',
  )
  say(
    `  ${run.done} of ${run.tasks} tasks done, ${run.outOfOrder} begun before one that was sent just before`,
  )
  const waits = `${run.real.toFixed(0)} ms, in the simulator ${run.simulated.toFixed(0)} ms`
  const ratio = run.real / run.simulated
  const near = ratio > 1 / nearEnough && ratio < nearEnough
  say(`  mean wait ${waits}: ${ratio.toFixed(2)} times as long  ${near ? 'holds' : 'DOES NOT HOLD'}`)
  return wrong > 0 || run.done < run.tasks || !near ? 1 : 0
}

/** A busy machine's waits are longer by a third; a wrong model's are wrong by more. */
const nearEnough = 1.5
