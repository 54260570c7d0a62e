import type * as z from 'zod'
import { EnvironmentError, parseEnvironment } from '../contract/environment.ts'
import { createLogger } from '../telemetry/logger.ts'

/** A process's variables. Ends it where they are not as they should be, and says what is wrong. */
export const readEnvironment = <Schema extends z.ZodObject>(
  schema: Schema,
  variables: NodeJS.ProcessEnv,
): Readonly<z.output<Schema>> => orEnd(() => parseEnvironment(schema, variables))

/** What `read` makes of a process's variables; ends the process as {@link readEnvironment} does. */
export function orEnd<Result>(read: () => Result): Result {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error
    createLogger('error').error(error.message)
    process.exit(1)
  }
}
