import { commandLine } from './command-line/arguments.ts'
import { runCommand } from './command-line/lifecycle.ts'
import { makeProgress } from './command-line/progress.ts'
import { pause } from './pause.ts'
import type { Look } from './target/look.ts'
import { findTarget, targetNames } from './target/target.ts'
import { plainLine, view } from './watch/view.ts'

const help = `npm run watch -- <environment> [--json]

Backlog, slots, dead letters, and which worker class does what share of the tasks beside its share of the capacity:
vCPUs in AWS; locally slots, of which a slow one does half as many sleep tasks. Every second locally; in AWS as
CloudWatch has it, by the minute. q or Ctrl-C ends it.
environments: ${targetNames.join(', ')}
example: npm run watch -- sandbox`

await runCommand(async ({ signal, stack }) => {
  const { values, positionals } = commandLine(
    process.argv.slice(2),
    { json: { type: 'boolean', default: false } },
    { positionals: true },
  )
  if (values.help) {
    console.log(help)
    return 0
  }
  const target = await findTarget(positionals, process.env)
  const quit = AbortSignal.any([signal, quitKey(stack)])
  const watcher = target.watch()
  const progress = makeProgress(process.stdout)
  const live = process.stdout.isTTY && !values.json
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
    else console.log(values.json ? JSON.stringify(look) : plainLine(look, Date.now()))
    await pause(watcher.everySeconds * 1_000, quit)
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
