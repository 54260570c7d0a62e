/** After this long without a task, in milliseconds, a tenant's count is half of what it was. */
const halfLifeMs = 10_000

/** From a count of 2 to the power of this on, a tenant's tasks have priority 0. */
const doublings = 10

/** Most tenants that are counted; of more, those that have sent nothing for the longest are forgotten. */
const maxTenants = 5_000

/**
 * Counts what each tenant has sent lately, and lowers the priority of its tasks by that: who sends much stands behind
 * who sends little. The levels from the task's own priority down to 0 are spread evenly over the doublings of the
 * count, since a level for each would be used up by 16 tasks where the own priority is the default, 4.
 */
export class Tenants {
  /** In the order of their last tasks. */
  readonly #sent = new Map<string, { readonly count: number; readonly at: number }>()

  /**
   * The priority of a tenant's next task, which counts from now on.
   * @param own the priority that the task would have without a tenant: the result is never above it, nor below 0
   * @param now in milliseconds since 1970
   */
  next(tenant: string, own: number, now: number): number {
    const last = this.#sent.get(tenant)
    // a clock that was set back makes nothing more recent than it is
    const before = last ? last.count * 2 ** (-Math.max(0, now - last.at) / halfLifeMs) : 0
    this.#sent.delete(tenant)
    this.#sent.set(tenant, { count: before + 1, at: now })
    for (const leastRecent of this.#sent.keys()) {
      if (this.#sent.size <= maxTenants) break
      this.#sent.delete(leastRecent)
    }
    return Math.max(0, Math.round(own * (1 - Math.log2(1 + before) / doublings)))
  }
}
