import { readFileSync } from 'node:fs'

/** Node's options in the command of the worker's image. */
export function imageOptions(): readonly string[] {
  const dockerfile = readFileSync(new URL('../services/worker/Dockerfile', import.meta.url), 'utf8')
  const [, command = '[]'] = /^CMD (.*)$/m.exec(dockerfile) ?? []
  return (JSON.parse(command) as string[]).filter((word) => word.startsWith('--'))
}
