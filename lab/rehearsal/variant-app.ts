import { App } from 'aws-cdk-lib'
import { addStacks, partsOf } from '../../infra/app.ts'
import { bundle } from '../../infra/bundle/bundle.ts'
import { checkedEnvironment } from '../../infra/checks.ts'
import { environments } from '../../infra/environments.ts'
import type { Environment } from '../../infra/settings/environment.ts'

/** The CDK app of an environment that is there for the rehearsal only: the sandbox, but for one thing. Its name is the argument. */

/** By their names, which `run.ts` knows as environments'. */
const variants: Readonly<Record<string, (sandbox: Environment) => Environment>> = {
  /** The slots of its small class share a thread. Four, not 250: the rehearsal also counts who computes how much. */
  shared({ workQueue, ...rest }) {
    const workers = workQueue.workers.map((worker) =>
      worker.name === 'small' ? { ...worker, slots: 4, slotsPerThread: 4 } : worker,
    )
    return { ...rest, workQueue: { ...workQueue, workers } }
  },
  /** It has a ledger, and a second queue, with one worker: the broker's connections are enough for no more. */
  queues(sandbox) {
    const { producer: _, workers, ...like } = sandbox.workQueue
    const one = workers.slice(0, 1).map((worker) => ({ ...worker, maxTasks: 1 }))
    return {
      ...sandbox,
      workQueue: { ...sandbox.workQueue, ledger: { days: 7 } },
      moreQueues: [{ ...like, queue: 'second', workers: one }],
    }
  },
}

const name = process.argv[2] ?? ''
const [vary, sandbox] = [variants[name], environments['sandbox']]
if (!vary || !sandbox) throw new Error(`the rehearsal needs the sandbox and a variant of it, got ${name}`)
const app = new App()
const environment = checkedEnvironment(name, { [name]: vary(sandbox) })
addStacks(app, name, environment, bundle(undefined, partsOf(environment)))
app.synth()
