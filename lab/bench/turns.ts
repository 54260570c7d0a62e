/**
 * The order in which contestants take their turns in a round: each begins as often as the others, and follows each of
 * its neighbours as often, so that what drifts, or what one leaves behind, meets all alike.
 */
export function turns<Contestant>(contestants: readonly Contestant[], round: number): readonly Contestant[] {
  const from = Math.floor(round / 2) % contestants.length
  const order = [...contestants.slice(from), ...contestants.slice(0, from)]
  return round % 2 === 0 ? order : order.toReversed()
}
