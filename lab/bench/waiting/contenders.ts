import { beside, type Contender, loopVariables, warren } from '../contenders.ts'

/** amqplib alone, with a prefetch limit of as many as run at a time. */
export const bareWaiting: Contender = {
  name: 'bare amqplib, prefetch n',
  wire: 'warren',
  consumers: () => 1,
  command: () => [process.execPath, beside('waiting/bare-waiting.mjs')],
  variables: loopVariables,
}

export const shared: Contender = {
  ...warren,
  name: 'all slots share a thread',
  variables: (place) => ({ ...warren.variables(place), WORKER_SLOTS_PER_THREAD: String(place.slots) }),
}

export const threadEach: Contender = { ...warren, name: 'a thread for each slot' }
