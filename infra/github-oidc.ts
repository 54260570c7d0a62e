import { App } from 'aws-cdk-lib'
import { environments, name } from './environments.ts'
import { GithubOidcStack } from './github-oidc-stack.ts'

/**
 * An app of its own, deployed once per account by an administrator:
 *
 *     npx cdk deploy --app "node infra/github-oidc.ts" -c repository=<owner>/<name> -c environments=sandbox
 */
const app = new App()
const repository = String(app.node.tryGetContext('repository') ?? '')
const chosen = String(app.node.tryGetContext('environments') ?? 'sandbox').split(',')
const unknown = chosen.filter((each) => !environments[each])
const problems = [
  ...(/^[\w.-]+\/[\w.-]+$/.test(repository)
    ? []
    : [`repository must be <owner>/<name>, got "${repository}": give it with -c repository=<owner>/<name>`]),
  ...(unknown.length === 0
    ? []
    : [
        `environments must be of ${Object.keys(environments).join(', ')}, got "${unknown}": give them with -c`,
      ]),
]
if (problems.length === 0) {
  new GithubOidcStack(app, `${name}-github`, {
    repository,
    environments: chosen,
    description: `${name}: roles for GitHub workflows`,
  })
} else {
  console.error(problems.join('\n'))
  process.exitCode = 1
}
