import { registerHooks } from 'node:module'

/** `node --import` of this gives a command environments of the tests' own, whatever infra/environments.ts has. */
const deployable = new URL('../../infra/environments.ts', import.meta.url).href
const ofTests = new URL('environments.ts', import.meta.url).href

registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context)
    return found.url === deployable ? { ...found, url: ofTests } : found
  },
})
