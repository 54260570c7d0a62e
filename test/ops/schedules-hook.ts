import { registerHooks } from 'node:module'

/** `node --import` of this gives a command schedules of the tests' own, whatever services/tasks/schedules.ts has. */
const declared = new URL('../../services/tasks/schedules.ts', import.meta.url).href
const ofTests = new URL('schedules.ts', import.meta.url).href

registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context)
    return found.url === declared ? { ...found, url: ofTests } : found
  },
})
