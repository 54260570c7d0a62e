import { fork } from 'node:child_process'
import { once } from 'node:events'

/** What one invocation of a bundled Lambda function gave. */
export interface Invocation {
  readonly result?: unknown
  /** The message of what it threw. */
  readonly error?: string
  /** All that it wrote to standard output and error. */
  readonly output: string
}

/** Invokes a bundle of `bundles` with these environment variables and nothing else of this process. */
export async function invokeLambda(
  bundles: string,
  name: 'topology' | 'probe' | 'operator',
  variables: object,
  event: object,
): Promise<Invocation> {
  const script = new URL('lambda-process.ts', import.meta.url)
  const child = fork(script, [`${bundles}/${name}/index.mjs`, JSON.stringify(event)], {
    env: { PATH: process.env['PATH'], ...variables },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    execArgv: [],
  })
  let output = ''
  let answer: Omit<Invocation, 'output'> = {}
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  child.on('message', (message) => {
    answer = message as typeof answer
  })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`the ${name} function ended with status ${code}: ${output}`)
  return { ...answer, output }
}
