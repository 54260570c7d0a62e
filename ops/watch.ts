import { environmentArgument } from './command-line/arguments.ts'
import { command } from './command-line/command.ts'
import { runCommand } from './command-line/lifecycle.ts'
import { createProgress } from './command-line/progress.ts'
import { findTarget, targetNames } from './target/find.ts'
import type { Look } from './target/look.ts'
import { wait } from './wait.ts'
import { plainLine, view } from './watch/view.ts'

const program = command(
  'npm run watch',
  `Shows backlog, slots, dead letters, and each worker class's share of the tasks and of the capacity. Capacity is vCPUs in
AWS, and slots locally, where a slow slot does half as many sleep tasks. The figures are new every second locally, and
every minute in AWS, from CloudWatch. Press q or Ctrl-C to end it.`,
  'npm run watch -- sandbox',
)
  .addArgument(environmentArgument(targetNames))
  .option('--json', 'print the figures as JSON')

await runCommand(program, async ({ args: [environment], options, signal, stack }) => {
  const target = await findTarget(environment, process.env)
  const quit = AbortSignal.any([signal, quitKey(stack)])
  const watcher = target.watch()
  const progress = createProgress(process.stdout)
  const live = process.stdout.isTTY && !options.json
  let look: Look = await watcher.look()
  let problem: string | undefined
  const draw = () => {
    if (live) progress.show(view(`${target.name} · ${target.queue}`, look, Date.now(), problem))
  }
  // the age of the data goes on between two looks
  const timer = setInterval(draw, 1_000)
  stack.defer(() => clearInterval(timer))
  while (!quit.aborted) {
    if (live) draw()
    else if (problem) console.error(`warren: ${problem}`)
    else console.log(options.json ? JSON.stringify(look) : plainLine(look, Date.now()))
    await wait(watcher.everySeconds * 1_000, quit)
    if (quit.aborted) break
    try {
      look = await watcher.look()
      problem = undefined
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error)
    }
  }
  if (live) progress.settle()
  return 0
})

/** Fires on q. A terminal that hands over single keys no longer makes a signal of Ctrl-C. */
function quitKey(stack: AsyncDisposableStack): AbortSignal {
  const controller = new AbortController()
  const { stdin } = process
  if (stdin.isTTY) {
    stdin.setRawMode(true)
    stack.defer(() => void stdin.setRawMode(false))
    stdin.setEncoding('utf8').on('data', (key: string) => {
      if (key === 'q') controller.abort()
      if (key === '\u0003') process.kill(process.pid, 'SIGINT')
    })
  }
  return controller.signal
}
