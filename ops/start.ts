import { existsSync } from 'node:fs'
import { resolve } from 'node:path'

// `npm start`: the tutorial; where lab/ was deleted, what `npm run dev` does. The choice stands here, not in
// package.json, so that a copy without lab/ differs from the template in nothing else and upgrades without a conflict.
const tutorial = resolve(import.meta.dirname, '../lab/tutorial/start.ts')
await import(existsSync(tutorial) ? tutorial : './dev.ts')
