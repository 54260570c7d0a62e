import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Assembly } from '../../ops/assembly.ts'
import { type JsonLine, startChild } from './child.ts'
import { type Deployed, pseudo } from './resolve.ts'
import { startRuntimeApi } from './runtime-api.ts'

/** A Lambda function that runs from its asset, in one execution environment. */
export interface RunningFunction {
  readonly path: string
  /** @throws Error that names the function, with what its handler threw. */
  invoke(event: unknown): Promise<unknown>
  stop(): Promise<void>
}

export interface FunctionOptions {
  readonly assembly: Assembly
  /** What AWS gives to every function, beside the template's variables. */
  readonly variables: Readonly<Record<string, string>>
  /** Takes each line that it writes as JSON. */
  readonly onLine: (line: JsonLine) => void
}

interface Properties {
  readonly Code: { readonly S3Key: string }
  readonly Handler: string
  readonly Runtime: string
  readonly Timeout?: number
  readonly MemorySize?: number
  readonly Environment?: { readonly Variables: Record<string, string> }
}

const client = fileURLToPath(new URL('runtime-client.mjs', import.meta.url))
const endWithParent = new URL('../../local/end-with-parent.mjs', import.meta.url).href

/** The folder of a function's code. @throws Error where the template names an asset that is not there. */
export function codeOf(deployed: Deployed, assembly: Assembly): string {
  const { Code } = deployed.properties as unknown as Properties
  const folder = assembly.files.get(Code.S3Key)
  if (!folder || !existsSync(folder)) throw new Error(`${deployed.path}: no asset has the key ${Code.S3Key}`)
  return folder
}

export const variablesOf = (deployed: Deployed) =>
  (deployed.properties as unknown as Properties).Environment?.Variables ?? {}

/** Starts a function, which then waits for its first invocation. @throws Error that names it when it cannot be loaded. */
export async function startFunction(deployed: Deployed, options: FunctionOptions): Promise<RunningFunction> {
  const { Handler, Runtime, Timeout = 3, MemorySize = 128 } = deployed.properties as unknown as Properties
  const runtime = `nodejs${process.versions.node.split('.')[0]}.x`
  if (Runtime !== runtime)
    throw new Error(`${deployed.path} runs on ${Runtime}, this machine's Node is ${runtime}`)
  const root = codeOf(deployed, options.assembly)
  const arn = functionArn(deployed.id)
  const api = await startRuntimeApi(arn)
  const env = {
    PATH: process.env['PATH'],
    ...variablesOf(deployed),
    ...options.variables,
    TZ: ':UTC',
    _HANDLER: Handler,
    LAMBDA_TASK_ROOT: root,
    AWS_LAMBDA_RUNTIME_API: api.address,
    AWS_LAMBDA_FUNCTION_NAME: deployed.id,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(MemorySize),
    AWS_REGION: pseudo['AWS::Region'],
  }
  const child = startChild([process.execPath, '--import', endWithParent, client], env, options.onLine)
  const ended = child.ended.then(({ status, said }) => {
    throw new Error(`its process ended with status ${status}: ${said}`)
  })
  ended.catch(() => undefined)
  const named = (error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error)
    return new Error(`${deployed.path} (handler ${Handler}): ${reason}`, { cause: error })
  }
  const stop = async () => {
    await child.kill()
    await api.close()
  }
  try {
    await Promise.race([api.ready, ended])
  } catch (error) {
    await stop()
    throw named(error)
  }
  return {
    path: deployed.path,
    async invoke(event) {
      const inTime = new AbortController()
      try {
        const answering = api.invoke(event, Date.now() + Timeout * 1_000)
        const answer = await Promise.race([answering, ended, timeout(Timeout, inTime.signal)])
        if (answer.ok) return answer.body
        const { errorType, errorMessage } = answer.body as Record<string, string>
        throw new Error(`${errorType}: ${errorMessage}`)
      } catch (error) {
        throw named(error)
      } finally {
        inTime.abort()
      }
    },
    stop,
  }
}

export function functionArn(id: string): string {
  return `arn:aws:lambda:${pseudo['AWS::Region']}:${pseudo['AWS::AccountId']}:function:${id}`
}

function timeout(seconds: number, inTime: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`Task timed out after ${seconds.toFixed(2)} seconds`)),
      seconds * 1_000,
    )
    inTime.addEventListener('abort', () => clearTimeout(timer))
  })
}
