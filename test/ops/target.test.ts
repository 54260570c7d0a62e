import { describe, expect, test } from 'vitest'
import { startAwsStandIn } from './aws-stand-in.ts'
import { deployedSandbox } from './deployed.ts'
import { runOps } from './run-command.ts'

describe('one sentence tells why an environment cannot be reached', () => {
  const nobody = { AWS_REGION: 'eu-central-1', AWS_EC2_METADATA_DISABLED: 'true' }
  const someone = { ...nobody, AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'not-a-secret' }

  test('without credentials', async () => {
    await expectSentence(nobody, /there are no valid AWS credentials .*: aws sso login/)
  })

  test('with expired credentials', async () => {
    const account = deployedSandbox()
    account.refuse['DescribeStacks'] = { code: 'ExpiredToken', message: 'expired', status: 403 }
    await using aws = await startAwsStandIn(account)
    await expectSentence(aws.env, /there are no valid AWS credentials \(expired\): aws sso login/)
  })

  test('without a right', async () => {
    const account = deployedSandbox()
    account.refuse['DescribeStacks'] = { code: 'AccessDenied', message: 'no', status: 403 }
    await using aws = await startAwsStandIn(account)
    await expectSentence(aws.env, /finding the stack: these credentials do not allow it \(AccessDenied\)/)
  })

  test('offline', async () => {
    const env = { ...someone, AWS_ENDPOINT_URL: 'http://127.0.0.1:1' }
    await expectSentence(env, /AWS cannot be reached \(ECONNREFUSED\): connect to the internet/)
  })

  test('without a region', async () => {
    await expectSentence({}, /no region is set, so sandbox cannot be looked for: export AWS_REGION=/)
  })

  test('an empty AWS_REGION does not hide AWS_DEFAULT_REGION', async () => {
    await using aws = await startAwsStandIn({ ...deployedSandbox(), stacks: {} })
    const env = { ...aws.env, AWS_REGION: '', AWS_DEFAULT_REGION: 'eu-north-1' }
    await expectSentence(env, /sandbox is not deployed in eu-north-1/)
  })

  test('where it is not deployed', async () => {
    const account = deployedSandbox()
    account.stacks = {}
    await using aws = await startAwsStandIn(account)
    await expectSentence(
      aws.env,
      /sandbox is not deployed in eu-central-1: there is no stack warren-sandbox-work-queue; npm run deploy/,
    )
  })

  test('while its first deploy has not ended', async () => {
    const account = deployedSandbox()
    account.stacks['warren-sandbox-work-queue'] = { status: 'CREATE_IN_PROGRESS' }
    await using aws = await startAwsStandIn(account)
    await expectSentence(aws.env, /\(CREATE_IN_PROGRESS\) has no output Endpoint: finish its deploy/)
  })
})

test('an unknown environment names the nearest, and is a mistake of the caller', async () => {
  const { status, stderr } = await runOps('send', ['sandbx'])
  expect(status).toBe(2)
  expect(stderr).toBe(
    `warren: there is no environment sandbx: did you mean sandbox? There are: local, sandbox, production, several
usage: npm run send -- [options] <environment> (--help says more)
`,
  )
})

async function expectSentence(env: NodeJS.ProcessEnv, sentence: RegExp): Promise<void> {
  const { status, stdout, stderr } = await runOps('send', ['sandbox'], { env })
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
  expect(stderr).toMatch(/^warren: [^\n]+\n$/)
  expect(stderr).toMatch(sentence)
}
