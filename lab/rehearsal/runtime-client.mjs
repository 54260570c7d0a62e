// A Lambda function's process: what the runtime of nodejs24.x does between Lambda's runtime API and a handler.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
// AWS's own client, npm's aws-lambda-ric, compiles curl and a C++ client when it is installed: no package of this
// project may run a script then. Not here: handlers with a callback, streamed responses, X-Ray.
import { existsSync } from 'node:fs'
import { request } from 'node:http'
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

// the runtime brings the AWS SDK along, here it is this project's; any other package must be in the function's code
registerHooks({
  resolve: (specifier, context, next) =>
    next(specifier, /^@aws-sdk\//.test(specifier) ? { ...context, parentURL: import.meta.url } : context),
})

const { AWS_LAMBDA_RUNTIME_API, LAMBDA_TASK_ROOT = '', _HANDLER = '' } = process.env
const handler = await load().catch(async (error) => {
  await call('POST', 'init/error', problem(error))
  process.exit(1)
})
for (;;) {
  const { headers, body } = await call('GET', 'invocation/next')
  const id = headers['lambda-runtime-aws-request-id']
  try {
    const result = await handler(JSON.parse(body), context(headers))
    await call('POST', `invocation/${id}/response`, result ?? null)
  } catch (error) {
    await call('POST', `invocation/${id}/error`, problem(error))
  }
}

async function load() {
  const [, name = '', exported = ''] = /^(.*)\.([^.]*)$/.exec(_HANDLER) ?? []
  const files = ['.js', '.mjs', '.cjs'].map((suffix) => join(LAMBDA_TASK_ROOT, name + suffix))
  const file = files.find((candidate) => existsSync(candidate))
  if (!file) throw named('Runtime.ImportModuleError', `Cannot find module '${name}'`)
  const found = (await import(pathToFileURL(file).href))[exported]
  if (typeof found !== 'function')
    throw named('Runtime.HandlerNotFound', `${_HANDLER} is undefined or not exported`)
  return found
}

function named(name, message) {
  return Object.assign(new Error(message), { name })
}

function problem(error) {
  const { name = 'Error', message = String(error), stack = '' } = error ?? {}
  return { errorType: name, errorMessage: message, stackTrace: stack.split('\n') }
}

function context(headers) {
  const deadline = Number(headers['lambda-runtime-deadline-ms'])
  return {
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    functionName: process.env['AWS_LAMBDA_FUNCTION_NAME'],
    functionVersion: '$LATEST',
    memoryLimitInMB: process.env['AWS_LAMBDA_FUNCTION_MEMORY_SIZE'],
    getRemainingTimeInMillis: () => deadline - Date.now(),
  }
}

/** No timeout: the next invocation may be a long time off. */
function call(method, path, content) {
  return new Promise((resolve, reject) => {
    const url = `http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/${path}`
    const outgoing = request(url, { method }, (response) => {
      const chunks = []
      response.on('data', (chunk) => chunks.push(chunk))
      response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks).toString() }))
    })
    outgoing.on('error', reject)
    outgoing.end(content === undefined ? undefined : JSON.stringify(content))
  })
}
