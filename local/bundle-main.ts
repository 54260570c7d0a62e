import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { buildSync } from 'esbuild'
import type { Publishing } from '../services/contract/publishing.ts'
import { describeBuildProblem } from './build-problem.ts'
import type { Printed } from './built.ts'
import { tracingVariables } from './tracing.ts'

/** Bundles producer and worker into a folder: `node bundle-main.ts <folder> [readable] [ledger]`. Prints {@link Printed}, as JSON. */

const services = resolve(import.meta.dirname, '../services')
const [outdir = '', ...how] = process.argv.slice(2)
const options = { readable: how.includes('readable'), ledger: how.includes('ledger') }
console.log(JSON.stringify(await build(outdir, options)))

async function build(
  outdir: string,
  options: { readonly readable: boolean; readonly ledger: boolean },
): Promise<Printed> {
  try {
    checkDeclarations()
    // only now: what Node says of a source that it cannot read is less
    const { bundle } = await import('../infra/bundle/bundle.ts')
    const tracing = tracingVariables(process.env) !== undefined
    bundle(outdir, { only: ['producer'], ...options, tracing })
    return { types: await publishing(), producerDigest: digest(resolve(outdir, 'producer/index.mjs')) }
  } catch (error) {
    return { problem: describeBuildProblem(error) }
  }
}

/** Node imports these, here and in what sends scheduled tasks. */
function checkDeclarations(): void {
  const entryPoints = ['registry', 'schedules', 'native-packages', 'environment'].map((name) =>
    resolve(services, 'tasks', `${name}.ts`),
  )
  buildSync({
    ...{ entryPoints, bundle: true, write: false, outdir: services },
    ...{ platform: 'node', format: 'esm', packages: 'external', logLevel: 'silent' },
  })
}

async function publishing(): Promise<Publishing[]> {
  const [{ placed }, { taskTypes }, { defaultQueue }] = await Promise.all([
    import('../services/contract/publishing.ts'),
    import('../services/tasks/registry.ts'),
    import('./work-queue.ts'),
    // whatever is wrong with it is better known now
    import('../services/tasks/schedules.ts'),
  ])
  return placed(taskTypes, defaultQueue).map(({ type, queue, sends = [], continues, retryLater }) => ({
    ...{ type, queue, sends: sends.map((each) => (typeof each === 'string' ? each : each.type)) },
    ...(continues ? { continues } : {}),
    ...(retryLater ? { retryLater } : {}),
  }))
}

function digest(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}
