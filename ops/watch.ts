import { environmentArgument } from './command-line/arguments.ts'
import { command } from './command-line/command.ts'
import { runCommand } from './command-line/lifecycle.ts'
import { createProgress } from './command-line/progress.ts'
import { findTargets, targetNames } from './target/find.ts'
import type { Look } from './target/look.ts'
import type { Target } from './target/target.ts'
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
  const targets = await findTargets(environment, process.env)
  const quit = AbortSignal.any([signal, quitKey(stack)])
  const watched = await Promise.all(targets.map(watchQueue))
  const progress = createProgress(process.stdout)
  const live = process.stdout.isTTY && !options.json
  const draw = () => {
    const views = watched.map(({ title, look, problem }) => view(title, look, Date.now(), problem))
    if (live) progress.show(views.flatMap((lines, index) => (index === 0 ? lines : ['', ...lines])))
  }
  // the age of the data goes on between two looks
  const timer = setInterval(draw, 1_000)
  stack.defer(() => clearInterval(timer))
  while (!quit.aborted) {
    if (live) draw()
    else for (const each of watched) print(each, watched.length > 1, options.json ?? false)
    await wait((watched[0]?.everySeconds ?? 1) * 1_000, quit)
    if (quit.aborted) break
    await Promise.all(watched.map((each) => each.again()))
  }
  if (live) progress.settle()
  return 0
})

/** A queue with the last look at it. */
interface Watched {
  readonly queue: string
  readonly title: string
  readonly everySeconds: number
  look: Look
  /** Why there is no newer one. */
  problem: string | undefined
  again(): Promise<void>
}

async function watchQueue(target: Target): Promise<Watched> {
  const { environment, queue } = target
  const watcher = target.watch()
  const { everySeconds } = watcher
  const watched: Watched = {
    ...{ queue, title: `${environment} · ${queue}`, everySeconds },
    look: await watcher.look(),
    problem: undefined,
    async again() {
      try {
        watched.look = await watcher.look()
        watched.problem = undefined
      } catch (error) {
        watched.problem = error instanceof Error ? error.message : String(error)
      }
    },
  }
  return watched
}

/** @param several whether a line has to say which queue it is of */
function print({ queue, look, problem }: Watched, several: boolean, json: boolean): void {
  const which = several ? `${queue}: ` : ''
  if (problem) console.error(`warren: ${which}${problem}`)
  else if (json) console.log(JSON.stringify(several ? { name: queue, ...look } : look))
  else console.log(`${which}${plainLine(look, Date.now())}`)
}

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
