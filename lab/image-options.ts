import { readFileSync } from 'node:fs'

const dockerfile = () => readFileSync(new URL('../services/worker/Dockerfile', import.meta.url), 'utf8')

/** Node's options in the command of the worker's image. */
export function imageOptions(): readonly string[] {
  const [, command = '[]'] = /^CMD (.*)$/m.exec(dockerfile()) ?? []
  return (JSON.parse(command) as string[]).filter((word) => word.startsWith('--'))
}

/** The variables that the worker's image sets. */
export function imageVariables(): Readonly<Record<string, string>> {
  const set = dockerfile().matchAll(/^ENV (\w+)=(\S+)$/gm)
  return Object.fromEntries([...set].map(([, name = '', value = '']) => [name, value]))
}
