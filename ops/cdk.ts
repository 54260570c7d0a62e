import { parseArgs } from 'node:util'
import { environments } from '../infra/environments.ts'
import { cdk, cdkOptions } from './cdk-cli.ts'
import { environmentArgument, oneOf } from './command-line/arguments.ts'
import { command } from './command-line/command.ts'
import { runCommand } from './command-line/lifecycle.ts'
import { deploy } from './deploy.ts'
import { destroy } from './destroy.ts'

/** `npm run synth|diff|deploy|destroy -- <environment>`: CDK's command of the same name for all stacks of it. */
const verbs = {
  synth: {
    does: 'Writes the CloudFormation templates of an environment.',
    example: 'production -- --strict',
  },
  diff: { does: 'Shows what a deploy would change.', example: 'sandbox' },
  deploy: {
    does: 'Checks whether a deploy can work, says what it costs, asks, and deploys.',
    example: 'sandbox -- --hotswap',
  },
  destroy: { does: 'Deletes the stacks of an environment, after asking.', example: 'sandbox' },
}

const [given = '', ...argv] = process.argv.slice(2)
const verb = oneOf('command', Object.keys(verbs) as (keyof typeof verbs)[])(given)
// CDK's part is split off first: otherwise a second environment would pass for the name of a stack
const dashes = argv.indexOf('--')
const [own, passed] = dashes < 0 ? [argv, []] : [argv.slice(0, dashes), argv.slice(dashes + 1)]

const program = command(
  `npm run ${verb}`,
  `${verbs[verb].does}\n\nPut options of cdk ${verb} after a second --; npx cdk ${verb} --help lists them.`,
  `npm run ${verb} -- ${verbs[verb].example}`,
)
  .usage(`[options] <environment> [-- <options of cdk ${verb}>]`)
  .addArgument(environmentArgument(Object.keys(environments)))
if (verb === 'deploy') program.option('--check', 'only check')
if (verb === 'deploy' || verb === 'destroy') program.option('--yes', 'do not ask')

const accountOptions = { profile: { type: 'string' }, region: { type: 'string' } } as const

await runCommand(
  program,
  async ({ args: [environment], options }) => {
    const settings = environments[environment]
    if (settings === undefined) throw new Error(`${environment} has no settings`)
    await checkPassed()
    // CDK takes both from its options too; the clients of the checks read the environment only
    const { profile, region } = parseArgs({ args: passed, options: accountOptions, strict: false }).values
    if (typeof profile === 'string') process.env['AWS_PROFILE'] = profile
    if (typeof region === 'string') process.env['AWS_REGION'] = region
    const { check = false, yes = false }: { check?: boolean; yes?: boolean } = options
    if (verb === 'deploy')
      return await deploy(environment, settings, { check, yes, args: passed }, process.env)
    if (verb === 'destroy') return await destroy(environment, { yes, args: passed }, process.env)
    return await cdk([verb, '-c', `environment=${environment}`, ...passed], process.env)
  },
  own,
)

/** CDK ignores an option that it does not know. @throws UsageError that names it, and what may be meant */
async function checkPassed(): Promise<void> {
  const options = passed.filter((word) => word.startsWith('-')).map((word) => word.replace(/=.*/s, ''))
  if (options.length === 0) return
  const known = await cdkOptions(verb, process.env)
  const read = oneOf(`option of cdk ${verb}`, known)
  for (const option of options) {
    const meant = option.replace(/^--no-/, '--')
    // short ones may stand together, or with their value: -vv, -ckey=value
    if (/^-[^-]/.test(option)) read(option.slice(0, 2))
    else read(known.includes(meant) ? meant : option)
  }
}
