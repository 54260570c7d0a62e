import { environments } from '../infra/environments.ts'

/** Prints the name of each environment on a line, for scripts: `node local/setup.mjs ops/environments.ts`. */
for (const name of Object.keys(environments)) console.log(name)
