import { environments } from '../infra/environments.ts'
import { cdk, cdkOptions } from './cdk-cli.ts'
import { commandLine, oneOf, UsageError } from './command-line/arguments.ts'
import { runCommand } from './command-line/command.ts'
import { deploy } from './deploy.ts'
import { destroy } from './destroy.ts'

/** `npm run synth|diff|deploy|destroy -- <environment>`: CDK's command of the same name for all stacks of it. */
const verbs = {
  synth: { does: 'writes the CloudFormation templates', example: 'npm run synth -- production --strict' },
  diff: { does: 'shows what a deploy would change', example: 'npm run diff -- sandbox' },
  deploy: {
    does: `looks whether a deploy can work, says what it costs, asks, and deploys
  --check   only look
  --yes     do not ask`,
    example: 'npm run deploy -- sandbox',
  },
  destroy: {
    does: 'asks and deletes the stacks\n  --yes     do not ask',
    example: 'npm run destroy -- sandbox',
  },
}
const names = Object.keys(environments)

await runCommand('--help says how', process.env, async () => {
  const verb = oneOf('command', process.argv[2] ?? '', Object.keys(verbs) as (keyof typeof verbs)[])
  const known = cdkOptions(verb)
  if (verb === 'deploy') known['check'] = { type: 'boolean' }
  const [named = '', ...args] = process.argv.slice(3)
  const { values } = commandLine(named.startsWith('-') ? [named, ...args] : args, known)
  if (values['help']) {
    console.log(`npm run ${verb} -- <environment> [options of cdk ${verb}]

${verbs[verb].does}
environments: ${names.join(', ')}
example: ${verbs[verb].example}`)
    return 0
  }
  if (named === '' || named.startsWith('-')) {
    throw new UsageError(`name an environment first: ${names.join(' or ')}`)
  }
  const environment = oneOf('environment', named, names)
  const settings = environments[environment]
  if (settings === undefined) throw new Error(`${environment} has no settings`)

  // CDK takes both from its options too, the clients that look beforehand from the environment only
  const { profile, region } = values
  if (typeof profile === 'string') process.env['AWS_PROFILE'] = profile
  if (typeof region === 'string') process.env['AWS_REGION'] = region
  const passed = args.filter((arg) => arg !== '--check' && arg !== '--yes')
  const options = { check: values['check'] === true, yes: values['yes'] === true, args: passed }
  if (verb === 'deploy') return await deploy(environment, settings, options, process.env)
  if (verb === 'destroy') return await destroy(environment, options, process.env)
  return await cdk([verb, '-c', `environment=${environment}`, ...passed], process.env)
})
