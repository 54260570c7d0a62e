import { fault, infra, integration, type Sabotage, unit } from './sabotage.ts'

const control = 'services/worker/control.ts'
const noticedBy = [integration('pause')]

/** What a pause promises: nothing new is taken, by nobody, and nobody is paged. */
export const controlSabotages: readonly Sabotage[] = [
  {
    name: 'newcomers-that-do-not-look-whether-it-is-paused',
    file: control,
    find: 'if (!heard) this.#setPaused(paused)',
    replace: 'if (!heard) this.#setPaused(paused && false)',
    noticedBy,
  },
  {
    name: 'workers-deaf-to-the-operator',
    file: control,
    find: 'heard = true\n      this.#setPaused(paused)',
    replace: 'heard = true',
    noticedBy: [...noticedBy, fault('queue-paused')],
  },
  {
    name: 'begun-although-it-is-paused',
    file: 'services/worker/slot.ts',
    find: 'return this.#mayBegin && (noAck || intake.isOpen)',
    replace: 'return this.#mayBegin && (noAck || !intake.isOpen || intake.isOpen)',
    noticedBy,
  },
  {
    name: 'operator-who-does-not-look-again',
    file: 'services/operator/pause.ts',
    find: 'while (said !== (await isPaused()))',
    replace: 'while (said === undefined)',
    noticedBy,
  },
  {
    name: 'pause-that-a-gap-of-protection-ends',
    file: 'services/worker/intake.ts',
    find: 'if (open) this.#closedBy.delete(by)',
    replace: 'if (open) this.#closedBy.clear()',
    noticedBy: [unit('services/worker-intake')],
  },
  {
    name: 'scaling-by-the-consumers-of-a-paused-queue',
    file: 'services/probe/metrics.ts',
    find: 'pausedSeconds > 0 || justResumed',
    replace: 'justResumed',
    noticedBy: [unit('services/probe-metrics')],
  },
  {
    name: 'scaling-by-consumers-that-are-not-back-yet',
    file: 'services/probe/figures.ts',
    find: 'resumed !== undefined && resumed < resumingSeconds',
    replace: 'false',
    noticedBy,
  },
  {
    name: 'a-pause-that-wakes-somebody',
    file: 'infra/constructs/monitoring/queue-alarms.ts',
    find: "'FILL(paused, 0) < 1'",
    replace: "'FILL(paused, 0) >= 0'",
    noticedBy: [infra('monitoring')],
  },
]
