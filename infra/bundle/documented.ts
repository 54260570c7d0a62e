import { readFileSync } from 'node:fs'
import type { Documented } from '../../services/contract/documents/openapi.ts'
import { taskTypes } from '../../services/tasks/registry.ts'

/** What the documents of this checkout describe: its task types, under the name and version of its package.json. */
export function documented(): Documented {
  const { name, version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  return { name, version, types: taskTypes }
}
