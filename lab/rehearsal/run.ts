import { mkdtempSync, rmSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { warrenFolder } from '../../local/local-file.ts'
import { type Assembly, readAssembly } from '../../ops/assembly.ts'
import { cdk } from '../../ops/cdk-cli.ts'
import { environmentArgument } from '../../ops/command-line/arguments.ts'
import { command } from '../../ops/command-line/command.ts'
import { orAborted, runCommand } from '../../ops/command-line/lifecycle.ts'
import { createProgress } from '../../ops/command-line/progress.ts'
import { startDocker } from '../../test/support/docker.ts'
import { baseOf } from './image.ts'
import { startPhaseClock } from './phase-clock.ts'
import { picture } from './picture.ts'
import { type Rehearsal, rehearse } from './rehearse.ts'
import { contradictions } from './verdict.ts'

/** No environments that are deployed: see variant-app.ts. */
const variants = ['shared', 'queues']

const program = command(
  'npm run rehearse -w lab',
  `Synthesizes an environment and runs what the templates say on this machine: broker with TLS, topology, functions, and
workers as containers that scale. The environment shared is the sandbox with slots that share a thread, queues the sandbox with a
ledger and a second queue. Needs Docker on Linux, or Debian as root. Writes .warren/rehearsal.json and .warren/rehearsal.svg.`,
  'npm run rehearse -w lab -- sandbox',
)
  .addArgument(environmentArgument(['sandbox', 'production', ...variants]))
  .option('--assembly <folder>', 'rehearse what cdk synth wrote there, instead of synthesizing')
  .option('--json', 'print the report as JSON on standard output, all else on standard error')

await runCommand(program, async ({ args: [environment], options, signal, stack }) => {
  const started = performance.now()
  const clock = startPhaseClock()
  const output = options.json ? process.stderr : process.stdout
  const progress = createProgress(output)
  const say = (line: string) => progress.say(line)
  const assembly = readAssembly(options.assembly ?? (await synthesized(environment, stack, say)))
  clock.ended('synth')
  const engine = orAborted(startEngine(assembly, stack), signal)
  engine.catch(() => undefined)
  const show = (line: string) => progress.show([line])
  const rehearsal = await orAborted(rehearse({ assembly, engine, say, show, clock, stack }), signal)
  progress.clear()
  const wrong = contradictions(rehearsal)
  const seconds = Math.round((performance.now() - started) / 1_000)
  const report = { ...reportOf(rehearsal, wrong), phases: clock.seconds(), seconds }
  await mkdir(warrenFolder, { recursive: true })
  await writeFile(resolve(warrenFolder, 'rehearsal.json'), `${JSON.stringify(report, undefined, 2)}\n`)
  await writeFile(resolve(warrenFolder, 'rehearsal.svg'), picture(rehearsal))
  output.write(`${inWords(report).join('\n')}\n`)
  if (options.json) console.log(JSON.stringify(report, undefined, 2))
  return wrong.length > 0 ? 1 : 0
})

/** In a folder of its own: `npm run synth` may write cdk.out meanwhile. */
async function synthesized(
  environment: string,
  stack: AsyncDisposableStack,
  say: (line: string) => void,
): Promise<string> {
  say(`synthesizing ${environment} ...`)
  const folder = mkdtempSync(join(tmpdir(), 'warren-rehearsal-'))
  stack.defer(() => rmSync(folder, { recursive: true, force: true }))
  const app = variants.includes(environment)
    ? ['--app', `node local/setup.mjs lab/rehearsal/variant-app.ts ${environment}`]
    : []
  const args = ['synth', '--quiet', '--output', folder, '-c', `environment=${environment}`, ...app]
  if ((await cdk(args, process.env, 'stderr')) !== 0)
    throw new Error(`${environment} could not be synthesized (see above)`)
  return folder
}

async function startEngine({ images }: Assembly, stack: AsyncDisposableStack) {
  const [image] = images
  if (!image) throw new Error('the assembly has no image')
  const engine = await startDocker(baseOf(image))
  stack.defer(() => engine.stop())
  return engine
}

/** The content of .warren/rehearsal.json: a format that others read. */
function reportOf(rehearsal: Rehearsal, wrong: readonly string[]) {
  const { lost, repeated, starts, split, busy, splitWithoutPrefetch, factor, scaling, notExecuted, stage } =
    rehearsal
  const images = stage.images.map(({ bytes, layers }) => ({ bytes, layers }))
  return {
    ...{ lost, repeated, split, splitWithoutPrefetch, factor },
    ...(busy === undefined ? {} : { busy }),
    scaling: scaling.map((step) => ({
      ...step,
      at: Math.round(step.at),
      value: Math.round(step.value * 10) / 10,
    })),
    starts: starts.map((start) => ({ ...start, seconds: Math.round(start.seconds * 100) / 100 })),
    ...{ images, notExecuted, contradictions: wrong },
  }
}

type Report = ReturnType<typeof reportOf> & {
  /** Whole seconds of each part, and of all. */
  readonly phases: Readonly<Record<string, number>>
  readonly seconds: number
}

function inWords(report: Report): string[] {
  const { lost, repeated, busy, scaling, notExecuted, contradictions: wrong, phases, seconds } = report
  return [
    '',
    ...scaling.map(
      ({ at, class: name, from, to, by, metric, value, drained }) =>
        `${String(at).padStart(4)} s  ${name} ${from} → ${to} by ${by}: ${metric} ${value}${to < from ? `, ${drained} finished after SIGTERM` : ''}`,
    ),
    '',
    'Not run here, and where it is tested instead:',
    ...notExecuted.map(({ what, test }) => `  ${what}: ${test}`),
    '',
    ...(busy === undefined
      ? []
      : [`The machine was busy (${busy}): nothing is claimed about the split by CPU.`]),
    ...wrong.map((reason) => `Contradicted: ${reason}`),
    `Seconds: ${Object.entries(phases)
      .map(([phase, took]) => `${phase} ${took}`)
      .join(', ')}.`,
    `${lost} tasks lost, ${repeated} repeated, in ${seconds} s. Picture: ${resolve(warrenFolder, 'rehearsal.svg')}`,
  ]
}
