import { bundle } from '../infra/bundle/bundle.ts'
import { type Publishing, placed } from '../services/contract/publishing.ts'
import { taskTypes } from '../services/tasks/registry.ts'
import { tracingVariables } from './tracing.ts'
import { defaultQueue } from './work-queue.ts'

/** Bundles the services into a folder: `node bundle-main.ts <folder>`. Prints who publishes where, as JSON. */
bundle(process.argv[2], undefined, { tracing: tracingVariables(process.env) !== undefined })
const types = placed(taskTypes, defaultQueue).map(
  ({ type, queue, sends = [], continues, retryLater }): Publishing => ({
    ...{ type, queue, sends: sends.map((each) => (typeof each === 'string' ? each : each.type)) },
    ...(continues ? { continues } : {}),
    ...(retryLater ? { retryLater } : {}),
  }),
)
console.log(JSON.stringify(types))
