import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Account, readyAccount, startAwsStandIn } from './aws-stand-in.ts'
import { testEnvironments } from './run-command.ts'

/** The whole command, from the synthesis of the real template to its exit status. */
async function run(account: Account, ...args: string[]) {
  await using aws = await startAwsStandIn(account)
  const folder = mkdtempSync(join(tmpdir(), 'warren-deploy-'))
  writeFileSync(join(folder, 'docker'), '#!/bin/sh\necho "Platforms: linux/amd64"\n')
  chmodSync(join(folder, 'docker'), 0o755)
  const env = {
    ...process.env,
    ...aws.env,
    HOME: folder,
    // half of the time of a synthesis, and `npm run synth` does it
    CDK_VALIDATION: 'false',
    // CDK's synthesis too is of the tests' own environments
    NODE_OPTIONS: testEnvironments.join(' '),
    PATH: [folder, join(process.cwd(), 'node_modules/.bin'), process.env['PATH']].join(':'),
  }
  return await new Promise<{ code: number; stdout: string; stderr: string }>((done) => {
    execFile(process.execPath, ['ops/cdk.ts', ...args], { env }, (error, stdout, stderr) =>
      done({ code: error ? Number(error.code) : 0, stdout, stderr }),
    ).stdin?.end()
  })
}

test('deploy --check says where the real template would go, what it costs and how long it takes', async () => {
  const { code, stdout } = await run(readyAccount(), 'deploy', 'sandbox', '--check')
  expect(stdout).toContain('nothing stands in the way of a deploy')
  expect(stdout).toMatch(/^account +111122223333, as arn:aws:iam::111122223333:user\/deployer$/m)
  expect(stdout).toMatch(/^region +eu-central-1$/m)
  expect(stdout).toMatch(/warren-sandbox-foundation \(new\), warren-sandbox-work-queue \(new\)/)
  expect(stdout).toMatch(/^cost +about \$\d+ a month idle/m)
  expect(stdout).toMatch(/^time +30 to 45 minutes$/m)
  expect(code).toBe(0)
})

test('deploy --yes does not deploy what cannot work', async () => {
  const account = readyAccount()
  account.roles = []
  account.vpcs = 5
  const { code, stdout } = await run(account, 'deploy', 'sandbox', '--yes')
  expect(stdout).toContain('4 problems would stop this deploy:')
  expect(stdout).not.toContain('nothing stands in the way')
  expect(code).toBe(1)
})

test('deploy hands what it looked at to CDK, with the options that are CDK’s', async () => {
  const { stderr } = await run(
    readyAccount(),
    'deploy',
    'sandbox',
    '--yes',
    '--',
    '--toolkit-stack-name',
    'Mine',
  )
  // the stand-in grants no role, so CDK gets as far as its own first question
  expect(stderr).toMatch(
    /could not be used to assume 'arn:aws:iam::111122223333:role\/cdk-\w+-.*-eu-central-1'/,
  )
})

test('destroy refuses a protected environment, and says how it could be done and what would be kept', async () => {
  const { code, stderr } = await run(readyAccount(), 'destroy', 'production', '--yes')
  expect(code).toBe(1)
  expect(stderr).toMatch(/production keeps data, so this command does not destroy it/)
  expect(stderr).toMatch(/update-termination-protection .*--stack-name warren-production-foundation/)
  expect(stderr).toMatch(/npx cdk destroy -c environment=production/)
  expect(stderr).toMatch(/AWS::AmazonMQ::Broker .*\(of warren-production-foundation\)/)
})
