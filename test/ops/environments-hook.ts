import { registerHooks } from 'node:module'

/**
 * `node --import` of this gives a command environments and schedules of the tests' own, whatever infra/environments.ts and
 * services/tasks/schedules.ts have.
 */
const ofTests = new Map(
  [
    ['../../infra/environments.ts', 'environments.ts'],
    ['../../services/tasks/schedules.ts', 'schedules.ts'],
  ].map((files) => files.map((file) => new URL(file, import.meta.url).href) as [string, string]),
)

registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context)
    return { ...found, url: ofTests.get(found.url) ?? found.url }
  },
})
