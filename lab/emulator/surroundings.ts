import { account } from './emulator.ts'

/** What a program needs of the user's own environment: nothing that says where AWS is, or who the user is there. */
const kept = ['PATH', 'HOME', 'LANG', 'TERM', 'TMPDIR', 'NO_COLOR'] as const

/** Variables of CDK, our commands and the emulator: an account that does not exist, and no way to any that does. */
export function surroundings(barrier: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  return {
    ...Object.fromEntries(kept.map((name) => [name, process.env[name]])),
    ...barrier,
    AWS_ACCESS_KEY_ID: account.id,
    AWS_SECRET_ACCESS_KEY: 'not-a-secret',
    AWS_REGION: account.region,
    // no profile may set an endpoint or other credentials
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    // what it publishes and prints would leave this machine, or advise an upgrade
    CDK_DISABLE_CLI_TELEMETRY: 'true',
    CDK_DISABLE_VERSION_CHECK: '1',
  }
}
