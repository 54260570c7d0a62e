import type * as z from 'zod'
import { EnvironmentError, parseEnvironment } from '../contract/environment.ts'
import { createLogger } from '../telemetry/logger.ts'

/** A process's variables. Ends it where they are not as they should be, and says what is wrong. */
export function readEnvironment<Schema extends z.ZodObject>(
  schema: Schema,
  variables: NodeJS.ProcessEnv,
): Readonly<z.output<Schema>> {
  try {
    return parseEnvironment(schema, variables)
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error
    createLogger('error').error(error.message)
    process.exit(1)
  }
}
