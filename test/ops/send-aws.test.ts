import { expect, test } from 'vitest'
import { startAwsStandIn } from './aws-stand-in.ts'
import { deployedSandbox, endpointAt, logEvents, signedOnly, taskLine } from './deployed.ts'
import { runOps } from './run-command.ts'

const accept = (ids: string[]) => ({ status: 202, body: { ids } })

test('signs what it sends, and reads from the logs of the worker classes who did how many', async () => {
  const account = deployedSandbox()
  await using aws = await startAwsStandIn(account)
  endpointAt(account, aws.url)
  let sent: string[] = []
  account.answers['/tasks'] = signedOnly('not-a-secret', (ids) => {
    sent = ids
    return accept(ids)
  })
  account.answers['FilterLogEvents'] = (body) => {
    const { logGroupName, filterPattern } = JSON.parse(body)
    expect(filterPattern).toBe(`{ $.msg = "task" && $.id = "${sent[0]?.replace(/0$/, '')}*" }`)
    const small = logGroupName === 'logs-small'
    const own = small ? sent.slice(0, 10) : sent.slice(10)
    return logEvents(own.map((id) => taskLine(id, small ? 'small' : 'large')))
  }
  const plain = await runOps('send', ['sandbox', '--wait'], { env: aws.env })
  expect(plain.stderr).toBe('')
  expect(plain).toMatchObject({ status: 0, stdout: expect.stringMatching(/^split: small 10, large 40$/m) })
  expect(plain.stdout).toMatch(/^50 of 50 accepted in .*\nconfirmed after \d+/m)

  const json = await runOps('send', ['sandbox', '--wait', '--json'], { env: aws.env })
  expect(JSON.parse(json.stdout)).toMatchObject({
    accepted: 50,
    done: 50,
    split: { small: 10, large: 40 },
    confirmMs: { max: expect.any(Number) },
  })
})

test('says which right is missing when a request is refused, and does not send again', async () => {
  const account = deployedSandbox()
  await using aws = await startAwsStandIn(account)
  endpointAt(account, aws.url)
  account.answers['/tasks'] = signedOnly('another secret', accept)
  const { status, stdout, stderr } = await runOps('send', ['sandbox'], { env: aws.env })
  expect(status).toBe(1)
  expect(stdout).toContain('0 of 50 accepted')
  expect(stdout).toContain('50 were not accepted')
  expect(stderr).toBe(
    `warren: ${aws.url} answered 403: Forbidden; these credentials need execute-api:Invoke on it\n`,
  )
})
