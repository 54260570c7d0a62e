import { changesSabotages } from './changes.ts'
import { clientSabotages } from './client.ts'
import { commandSabotages } from './commands.ts'
import { controlSabotages } from './control.ts'
import { defaultSabotages } from './defaults.ts'
import { faultSabotages } from './faults.ts'
import { laterSabotages } from './later.ts'
import { pageSabotages } from './page.ts'
import { protectionSabotages } from './protection.ts'
import { redriveSabotages } from './redrive.ts'
import { rehearsalSabotages } from './rehearsal.ts'
import type { Sabotage } from './sabotage.ts'
import { rollingSabotages, scheduleSabotages } from './schedules.ts'
import { securitySabotages } from './security.ts'
import { sendSabotages } from './sends.ts'
import { settingsSabotages } from './settings.ts'
import { supplyChainSabotages } from './supply-chain.ts'
import { synthSabotages } from './synth.ts'
import { tenantSabotages } from './tenants.ts'
import { threadSabotages } from './threads.ts'
import { tracingSabotages } from './tracing.ts'
import { trySabotages } from './tries.ts'
import { wiringSabotages } from './wiring.ts'

/**
 * Every sabotage that there is, those that need seconds before those that need minutes. A fault, a security rule, a
 * wiring or a synth check without one is not proven to be tested: lab/sabotage/list.test.ts looks for them.
 */
export const sabotages: readonly Sabotage[] = [
  ...wiringSabotages,
  ...commandSabotages,
  ...defaultSabotages,
  ...settingsSabotages,
  ...synthSabotages,
  ...changesSabotages,
  ...scheduleSabotages,
  ...rollingSabotages,
  ...securitySabotages,
  ...supplyChainSabotages,
  ...protectionSabotages,
  ...tenantSabotages,
  ...threadSabotages,
  ...clientSabotages,
  ...tracingSabotages,
  ...sendSabotages,
  ...trySabotages,
  ...laterSabotages,
  ...redriveSabotages,
  ...controlSabotages,
  ...pageSabotages,
  ...faultSabotages,
  ...rehearsalSabotages,
].toSorted((one, other) => slowness(one) - slowness(other))

/** A sort that keeps the order of equals. */
function slowness({ noticedBy }: Sabotage): number {
  const order = ['unit', 'infra', 'integration', 'slow']
  return Math.max(...noticedBy.map(({ project }) => order.indexOf(project)))
}
