import { workerEnvironment } from '../contract/environment.ts'
import { tasksEnvironment } from '../tasks/environment.ts'
import { readEnvironment } from './read-environment.ts'
import { runWorker } from './run.ts'

/** The worker process. */
await runWorker(readEnvironment(workerEnvironment.extend(tasksEnvironment.shape), process.env))
