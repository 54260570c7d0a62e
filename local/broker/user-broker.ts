import type { Broker } from './broker.ts'
export async function userBroker(_env: NodeJS.ProcessEnv): Promise<Broker | undefined> {
  return undefined
}
