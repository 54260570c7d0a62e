import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

interface Generate {
  readonly SecretStringTemplate?: string
  readonly GenerateStringKey?: string
  readonly PasswordLength?: number
  readonly ExcludePunctuation?: boolean
  readonly ExcludeCharacters?: string
}

const lettersAndDigits = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html */
const punctuation = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'

/** A secret's first value, made as its GenerateSecretString says. */
export function generateSecret(how: Generate): string {
  const alphabet = [...`${lettersAndDigits}${how.ExcludePunctuation ? '' : punctuation}`].filter(
    (letter) => !how.ExcludeCharacters?.includes(letter),
  )
  const password = Array.from(
    { length: how.PasswordLength ?? 32 },
    () => alphabet[randomInt(alphabet.length)],
  ).join('')
  if (how.GenerateStringKey === undefined) return password
  return JSON.stringify({
    ...JSON.parse(how.SecretStringTemplate ?? '{}'),
    [how.GenerateStringKey]: password,
  })
}

/** A stand-in for Secrets Manager: what a function is told of a secret depends on who asks. */
export interface SecretsStandIn {
  /** For AWS_ENDPOINT_URL. */
  readonly url: string
  close(): Promise<void>
}

/**
 * @param values by ARN
 * @param mayRead asked with the access key id that signed the request
 */
export async function startSecrets(
  values: ReadonlyMap<string, string>,
  mayRead: (accessKeyId: string, arn: string) => boolean,
): Promise<SecretsStandIn> {
  const server = createServer(async (request, response) => {
    const body = await text(request)
    const answer = (status: number, content: object) => {
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' })
      response.end(JSON.stringify(content))
    }
    const target = String(request.headers['x-amz-target'])
    if (target !== 'secretsmanager.GetSecretValue') {
      return answer(400, { __type: 'UnknownOperationException', message: `the rehearsal has no ${target}` })
    }
    const { SecretId: arn } = JSON.parse(body)
    const key = /Credential=([^/]+)\//.exec(request.headers.authorization ?? '')?.[1] ?? ''
    const value = values.get(arn)
    if (value === undefined)
      return answer(400, { __type: 'ResourceNotFoundException', message: `no secret ${arn}` })
    if (mayRead(key, arn)) return answer(200, { ARN: arn, SecretString: value })
    const message = `the role of ${key} may not secretsmanager:GetSecretValue on ${arn}`
    return answer(400, { __type: 'AccessDeniedException', message })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}
