import { fork } from 'node:child_process'
import { once } from 'node:events'

/** What one invocation of a bundled Lambda function gave. */
export interface Invocation {
  readonly result?: unknown
  /** The message of what it threw. */
  readonly error?: string
  /** All that it has written to standard output and error. */
  readonly output: string
}

/** A bundled Lambda function in a process of its own; `await using` ends it. */
export interface LambdaProcess extends AsyncDisposable {
  /** All that it has written to standard output and error. */
  output(): string
  /** One at a time. */
  invoke(event: object): Promise<Omit<Invocation, 'output'>>
  /** Waits until it has ended, which it does when nothing is left to be done. */
  end(): Promise<void>
}

type LambdaName = 'topology' | 'probe' | 'operator'

/** Starts a bundle of `bundles` with these environment variables and nothing else of this process. */
export function startLambda(bundles: string, name: LambdaName, variables: object): LambdaProcess {
  const script = new URL('lambda-process.ts', import.meta.url)
  const child = fork(script, [`${bundles}/${name}/index.mjs`], {
    env: { PATH: process.env['PATH'], ...variables },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    execArgv: [],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  const closed = once(child, 'close')
  const failed = closed.then(([code]) =>
    Promise.reject(new Error(`the ${name} function ended with status ${code}: ${output}`)),
  )
  failed.catch(() => undefined)
  const end = async () => {
    // disconnected from this side, Node would never tell that it closed
    if (child.connected) child.send('end')
    await closed
  }
  return {
    output: () => output,
    async invoke(event) {
      const answer = once(child, 'message')
      child.send(event)
      const [message] = await Promise.race([answer, failed])
      return message
    },
    end,
    [Symbol.asyncDispose]: end,
  }
}

/** Invokes one once. */
export async function invokeLambda(
  bundles: string,
  name: LambdaName,
  variables: object,
  event: object,
): Promise<Invocation> {
  await using lambda = startLambda(bundles, name, variables)
  const answer = await lambda.invoke(event)
  await lambda.end()
  return { ...answer, output: lambda.output() }
}
