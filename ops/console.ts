import { type PageQueue, servePage } from '../local/page/server.ts'
import { environmentArgument, UsageError } from './command-line/arguments.ts'
import { command } from './command-line/command.ts'
import { runCommand } from './command-line/lifecycle.ts'
import { usdAnHour } from './console/cost.ts'
import { deskOf } from './console/desk.ts'
import { LookFeed } from './console/look-feed.ts'
import { environmentNames, findTargets } from './target/find.ts'

const program = command(
  'npm run console',
  `Serves a page on this machine alone that shows a deployed environment as it is: backlog, slots, throughput, waits,
dead letters, schedules, and each task's story; and that redrives, pauses and cancels. It asks AWS with your credentials
and can do what they can. Ctrl-C ends it.`,
  'npm run console -- sandbox',
).addArgument(environmentArgument(environmentNames))

await runCommand(program, async ({ args: [environment], signal, stack }) => {
  if (environment === 'local')
    throw new UsageError(
      'npm run dev serves this page for what runs locally: open the address that it printed',
    )
  const targets = await findTargets(environment, process.env)
  const names = targets.map(({ queue }) => queue)
  const feeds = targets.map((target) => new LookFeed(target, names))
  const queues = new Map<string, PageQueue>(
    targets.map((target, index) => [
      target.queue,
      {
        watch: (viewer) => feeds[index]?.add(viewer),
        act: async () => ({ ok: false, message: 'what is deployed is changed in infra/environments.ts' }),
        desk: async () => deskOf(target, targets),
      },
    ]),
  )
  const site = await servePage(
    { title: environment, command: `npm run console -- ${environment}` },
    {
      keys: () => queues.keys(),
      get: (name) => queues.get(name),
      close() {
        for (const feed of feeds) feed.close()
      },
    },
  )
  stack.defer(() => site.close())
  const usd = Math.max(...targets.map(({ classes }) => usdAnHour(classes.length)))
  // not opened in a browser: everybody on this machine can read the arguments of a process
  console.log(`
Console of ${environment}  ${site.url}
Open it in a browser on this machine. While it is looked at, CloudWatch's figures cost about $${usd.toFixed(2)} an hour.
Ctrl-C ends it.
`)
  const { promise, resolve } = Promise.withResolvers<void>()
  signal.addEventListener('abort', () => resolve())
  await promise
  return 0
})
