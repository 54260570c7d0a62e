import { Command, CommanderError, type OptionValues } from '@commander-js/extra-typings'
import { UsageError } from './arguments.ts'

/**
 * A command to add options and arguments to.
 * @param name how its user calls it: `npm run send`
 * @param description paragraphs, which the help wraps to the terminal
 */
export function command(name: string, description: string, example: string): Command {
  return (
    new Command(`${name} --`)
      .description(description.replaceAll(/(?<!\n)\n(?!\n)/g, ' '))
      .helpOption('-h, --help', 'show this help')
      .addHelpText(
        'after',
        `\nExample: ${example}\nWARREN_DEBUG=1 ${name} … shows where in the code an error comes from.`,
      )
      .exitOverride()
      // who runs the command prints its errors, all in one form
      .configureOutput({ outputError: () => undefined })
  )
}

/** What the user asks of a command. */
export interface Request<Args extends unknown[], Options extends OptionValues> {
  readonly args: Args
  readonly options: Options
}

/**
 * Reads a command line.
 * @param argv without the names of program and script
 * @returns undefined when the user asked for help, which is printed then
 * @throws UsageError
 */
export function readCommandLine<Args extends unknown[], Options extends OptionValues>(
  program: Command<Args, Options>,
  argv: readonly string[],
): Request<Args, Options> | undefined {
  try {
    program.parse(argv, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return undefined
    throw new UsageError(explain(error, program), { cause: error })
  }
  return { args: program.processedArgs, options: program.opts() }
}

function explain<Args extends unknown[], Options extends OptionValues>(
  { code, message }: CommanderError,
  program: Command<Args, Options>,
): string {
  const sentence = message.replace(/^error: /, '').replace('\n', ' ')
  if (code !== 'commander.missingArgument') return sentence
  return `${sentence}: ${program.registeredArguments[program.args.length]?.description}`
}
