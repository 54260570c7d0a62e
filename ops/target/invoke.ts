import { InvokeCommand } from '@aws-sdk/client-lambda'
import type { Aws } from './aws.ts'

/**
 * Invokes one of the environment's functions and gives its answer.
 * @param called what it is called in a message, such as `operator`
 * @throws Error with what the function failed with, or with what AWS refused
 */
export async function invoke(
  aws: Aws,
  { called, name }: { readonly called: string; readonly name: string },
  request: object,
) {
  const { Payload, FunctionError } = await aws.ask(`asking the ${called} function`, () =>
    aws.lambda.send(new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(request) })),
  )
  const answer = JSON.parse(Payload?.transformToString() ?? 'null')
  if (FunctionError === undefined) return answer
  throw new Error(`the ${called} function ${name} failed: ${answer?.errorMessage ?? FunctionError}`)
}
