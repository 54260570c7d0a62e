import { UsageError } from './arguments.ts'

/**
 * Runs a command to its exit status: what `main` returns, 2 for a mistake in its arguments, 1 for any other failure.
 * A failure is one sentence on stderr; WARREN_DEBUG=1 adds where in the code.
 */
export async function runCommand(
  help: string,
  env: NodeJS.ProcessEnv,
  main: () => Promise<number>,
): Promise<void> {
  try {
    process.exitCode = await main()
  } catch (error) {
    const usage = error instanceof UsageError
    console.error(`warren: ${error instanceof Error ? error.message : String(error)}`)
    if (usage) console.error(`\n${help}`)
    else if (env['WARREN_DEBUG']) console.error(error)
    process.exitCode = usage ? 2 : 1
  }
}
