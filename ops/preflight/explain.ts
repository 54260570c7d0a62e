import type { Findings } from './findings.ts'

const offline =
  /^(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|TimeoutError)$/
const denied = /^(AccessDenied|UnauthorizedOperation|Client\.UnauthorizedOperation)/
const signedOut =
  /^(CredentialsProviderError|TokenProviderError|ProviderError|ExpiredToken|InvalidClientTokenId|UnrecognizedClient|InvalidIdentityToken|AuthFailure|RequestExpired|TokenRefreshRequired)/

/**
 * What an error of an AWS client means for the one who deploys: a problem of their network or their credentials, a
 * right that they do not need for the deploy itself (CDK deploys through the roles of its bootstrap stack, so a check
 * that is refused is left out), or the error as it is.
 */
export function explain(check: string, error: unknown, region: string): Findings {
  const { name, message, code } = Object.assign({ name: '', message: String(error), code: '' }, named(error))
  if (denied.test(name)) {
    return {
      problems: [],
      unchecked: [`${check}: these credentials do not allow it (${deniedBy(name, message)})`],
    }
  }
  if (offline.test(code) || offline.test(name)) return only('AWS cannot be reached', code || name, reach)
  if (signedOut.test(name)) return only('there are no valid AWS credentials', message, signIn(message))
  return only(
    `${check} could not be checked`,
    `${name} ${message}`.trim(),
    `check whether AWS reports a problem in ${region} (https://health.aws.amazon.com), then run the command again`,
  )
}

/** AWS mostly says which action was refused: whoever gives rights has to know that. */
function deniedBy(name: string, message: string): string {
  const action = /not authorized to perform:? ([\w-]+:\w+)/i.exec(message)?.[1]
  return action === undefined ? name : `${name}: ${action}`
}

const reach =
  'connect to the internet; behind a proxy set HTTPS_PROXY, and NODE_EXTRA_CA_CERTS where it has its own certificates'

/** How to get credentials: a profile of the AWS CLI says in its message which one it is. */
export function signIn(message: string): string {
  const profile = /--profile[ =](\S+)/.exec(message)?.[1]?.replace(/[`'".,]+$/, '')
  return profile === undefined
    ? 'aws sso login, or aws configure; with several profiles, set AWS_PROFILE'
    : `aws sso login --profile ${profile}`
}

function named(error: unknown): Partial<{ name: string; message: string; code: string }> {
  if (!(error instanceof Error)) return {}
  const { name, message } = error
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  // Node wraps what happened at each address of a host into one error without a message
  const first: unknown = error instanceof AggregateError ? error.errors[0] : undefined
  return { name, code, message: message || (first instanceof Error ? first.message : '') }
}

function only(what: string, seen: string, remedy: string): Findings {
  return { problems: [{ what, seen, remedy }], unchecked: [] }
}
