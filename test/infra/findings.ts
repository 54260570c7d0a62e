import { execFileSync } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type App, CfnResource } from 'aws-cdk-lib'
import { NIST80053R5Checks } from 'cdk-nag'

/** What a tool has against a resource. */
export interface Finding {
  /** Such as `CKV_AWS_158` or `NIST.800.53.R5-LambdaDLQ`. */
  readonly rule: string
  readonly says: string
  /** Type and logical id, such as `AWS::SNS::Topic Alarms04B5A0BF`. */
  readonly resource: string
}

/** What cdk-nag's pack for NIST 800-53 revision 5 finds in all stacks of an app that was synthesized. */
export function nistFindings(app: App): Finding[] {
  const { violations } = new NIST80053R5Checks(app).validateScope(app)
  return violations.flatMap(({ ruleName, description, violatingResources }) =>
    violatingResources.map(({ constructPath = '' }) => ({
      ...{ rule: ruleName, says: description },
      resource: resourceAt(app, constructPath),
    })),
  )
}

function resourceAt(app: App, path: string): string {
  const found = app.node.findAll().find(({ node }) => node.path === path)
  if (!found || !CfnResource.isCfnResource(found)) throw new Error(`${path} is no resource`)
  return `${found.cfnResourceType} ${found.stack.getLogicalId(found)}`
}

const version = '3.3.30'
const folder = resolve(import.meta.dirname, `../../.warren/checkov-${version}`)

/**
 * Installs checkov where it is not yet: some 300 MB, from PyPI. Needs Python 3.9 or newer with venv.
 * @throws Error with what Python or pip said
 */
export function installCheckov(): void {
  if (existsSync(join(folder, 'complete'))) return
  rmSync(folder, { recursive: true, force: true })
  const run = (command: string, ...args: string[]) => execFileSync(command, args, { stdio: 'pipe' })
  run('python3', '-m', 'venv', folder)
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `checkov==${version}`]
  run(join(folder, 'bin/python'), ...pip)
  run('touch', join(folder, 'complete'))
}

interface CheckovReport {
  readonly summary: { readonly parsing_errors: number; readonly checkov_version: string }
  readonly results: {
    readonly failed_checks: readonly {
      readonly check_id: string
      readonly check_name: string
      readonly resource: string
    }[]
  }
}

/** What checkov finds in the CloudFormation templates of a folder. Asks nothing of any network. */
export function checkovFindings(templates: string): Finding[] {
  const args = ['--directory', templates, '--framework', 'cloudformation', '--output', 'json', '--compact']
  const printed = execFileSync(
    join(folder, 'bin/python'),
    ['-m', 'checkov.main', ...args, '--quiet', '--soft-fail', '--skip-download'],
    { encoding: 'utf8', maxBuffer: 2 ** 28, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const { summary, results }: CheckovReport = JSON.parse(printed)
  if (summary.parsing_errors > 0) throw new Error(`checkov cannot read ${summary.parsing_errors} templates`)
  return results.failed_checks.map(({ check_id, check_name, resource }) => ({
    ...{ rule: check_id, says: check_name },
    resource: resource.replace('.', ' '),
  }))
}
