import { faultSabotages } from './faults.ts'
import type { Sabotage } from './sabotage.ts'
import { securitySabotages } from './security.ts'

/** Every sabotage that there is. A fault, a security rule, a wiring or a synth check without one is not proven to be tested. */
export const sabotages: readonly Sabotage[] = [...faultSabotages, ...securitySabotages]
