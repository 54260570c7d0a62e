import { App } from 'aws-cdk-lib'
import { addStacks } from '../../infra/app.ts'
import { bundle } from '../../infra/bundle/bundle.ts'
import { checkedEnvironment } from '../../infra/checks.ts'
import { environments } from '../../infra/environments.ts'
import type { Environment } from '../../infra/settings/environment.ts'

/**
 * The CDK app of an environment that is there for the rehearsal only: the sandbox, but that the slots of its small class
 * share a thread. Four, not 250: the rehearsal also counts who computes how much.
 */

/** Its name, which `run.ts` knows as an environment's. */
const name = 'shared'

const app = new App()
addStacks(app, name, checkedEnvironment(name, { [name]: sharing(environments['sandbox']) }), bundle())
app.synth()

function sharing(from: Environment | undefined): Environment {
  if (!from) throw new Error('the rehearsal needs an environment named sandbox')
  const workers = from.workQueue.workers.map((worker) =>
    worker.name === 'small' ? { ...worker, slots: 4, slotsPerThread: 4 } : worker,
  )
  return { ...from, workQueue: { ...from.workQueue, workers } }
}
