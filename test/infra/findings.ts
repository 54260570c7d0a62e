import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { type App, CfnResource } from 'aws-cdk-lib'
import { NIST80053R5Checks } from 'cdk-nag'
import { installPrograms } from '../support/venv.ts'

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

/** Some 300 MB. */
const checkov = 'checkov==3.3.30'

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

/** What checkov finds in the CloudFormation templates of a folder. Once it is installed, it asks nothing of any network. */
export function checkovFindings(templates: string): Finding[] {
  const args = ['--directory', templates, '--framework', 'cloudformation', '--output', 'json', '--compact']
  const printed = execFileSync(
    join(installPrograms(checkov), 'python'),
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
