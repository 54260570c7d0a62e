import { bundle } from '../infra/bundle/bundle.ts'
import { taskTypes } from '../services/tasks/registry.ts'

/** Bundles the services into a folder: `node bundle-main.ts <folder>`. Prints the queues that task types name, as JSON. */
bundle(process.argv[2])
console.log(JSON.stringify([...new Set(taskTypes.flatMap(({ queue }) => queue ?? []))]))
