import { taskTypes } from '../services/tasks/registry.ts'

/** How long running tasks may go on after SIGTERM. Fargate allows 120 s until SIGKILL; the rest is for handing back. */
export const drainSeconds = 100

/** How long a worker may hold one task before the broker takes it back: longer than any task's own timeout. */
export const consumerTimeoutSeconds = Math.max(...taskTypes.map(({ timeoutSeconds }) => timeoutSeconds)) + 300
