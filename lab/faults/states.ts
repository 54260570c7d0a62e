import type { System } from './system.ts'

/** Read at a time, so that the DynamoDB in memory is not asked for all at once. */
const atATime = 50

/**
 * Confirmed tasks of which the product's ledger does not say what became of them, by the harness's own count: each with
 * what it says. Empty where there is no ledger. The services have stopped.
 */
export async function statesWrong({ kept, ledger }: System): Promise<string[]> {
  if (!kept) return []
  const wrong: string[] = []
  const ids = [...ledger.confirmedIds]
  for (let at = 0; at < ids.length; at += atATime) {
    await Promise.all(
      ids.slice(at, at + atATime).map(async (id) => {
        const state = (await kept.status(id))?.state
        const right = ledger.ends(id)
        if (!right.some((each) => each === state))
          wrong.push(`${id}: ${state ?? 'unknown'}, not ${right.join(' or ') || 'anything'}`)
      }),
    )
  }
  return wrong
}
