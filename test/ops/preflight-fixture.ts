import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import type { Assembly, Stack, Template } from '../../ops/assembly.ts'
import { preflight } from '../../ops/preflight/preflight.ts'
import { type Account, readyAccount, startAwsStandIn } from './aws-stand-in.ts'

export const folder = mkdtempSync(join(tmpdir(), 'warren-preflight-'))
writeFileSync(join(folder, 'Dockerfile'), 'FROM node:24\nCOPY . /app\n')
writeFileSync(join(folder, 'Dockerfile.run'), 'FROM node:24\nRUN apt-get update\n')
/** Folders with a `docker` each, to be put on the PATH. */
const dockers = {
  works: docker('echo "Platforms: linux/amd64, linux/386"'),
  'no-buildx': docker('if [ "$1" = buildx ]; then echo "unknown command: docker buildx" >&2; exit 1; fi'),
  stopped: docker('echo "Cannot connect to the Docker daemon" >&2; exit 1'),
}
afterAll(() => rmSync(folder, { recursive: true }))

function docker(script: string): string {
  const own = mkdtempSync(join(folder, 'docker-'))
  writeFileSync(join(own, 'docker'), `#!/bin/sh\n${script}\n`)
  chmodSync(join(own, 'docker'), 0o755)
  return own
}

export const tags = { name: 'warren', environment: 'sandbox' }

/** A stack as `cdk synth` writes it. */
export function stack(
  name: string,
  Resources: Template['Resources'],
  Outputs: Template['Outputs'] = {},
): Stack {
  return {
    name,
    account: undefined,
    region: undefined,
    tags,
    protected: false,
    bootstrapVersion: 6,
    template: { Resources, Outputs },
    resources: Object.entries(Resources).map(([logicalId, resource]) => ({
      stack: name,
      logicalId,
      ...resource,
    })),
  }
}

/** Two stacks with one of each thing that the checks read. */
export function assembly(change: Partial<Assembly> = {}, workers: Record<string, unknown> = {}): Assembly {
  return {
    directory: folder,
    images: [
      { tag: 'worker', directory: folder, dockerfile: join(folder, 'Dockerfile'), platform: 'linux/arm64' },
    ],
    files: new Map(),
    stacks: [
      stack('warren-sandbox-foundation', {
        Vpc: { Type: 'AWS::EC2::VPC' },
        Address: { Type: 'AWS::EC2::EIP' },
        Broker: {
          Type: 'AWS::AmazonMQ::Broker',
          Properties: {
            HostInstanceType: 'mq.m7g.medium',
            DeploymentMode: 'SINGLE_INSTANCE',
            EngineVersion: '4.3',
          },
        },
      }),
      stack('warren-sandbox-work-queue', {
        Task: { Type: 'AWS::ECS::TaskDefinition', Properties: { Cpu: '1024', Memory: '2048' } },
        Service: {
          Type: 'AWS::ECS::Service',
          Properties: { TaskDefinition: { Ref: 'Task' }, DesiredCount: 4, ...workers },
        },
        Producer: { Type: 'AWS::Lambda::Function', Properties: { ReservedConcurrentExecutions: 50 } },
      }),
    ],
    ...change,
  }
}

export interface Case {
  readonly aws?: (account: Account) => void
  readonly settings?: { account?: string; region?: string; keepData?: boolean }
  readonly assembly?: Assembly
  readonly env?: NodeJS.ProcessEnv
  readonly docker?: keyof typeof dockers
}

/** What the checks find in an account that is ready but for the changes of a case. */
export async function findings(change: Case) {
  const account = readyAccount()
  change.aws?.(account)
  await using aws = await startAwsStandIn(account)
  const env = {
    PATH: `${dockers[change.docker ?? 'works']}:/usr/bin:/bin`,
    HOME: folder,
    ...aws.env,
    ...change.env,
  }
  // the clients look for credentials in the environment of the process
  return await inEnvironment(env, () =>
    preflight('sandbox', { keepData: false, ...change.settings }, change.assembly ?? assembly(), env),
  )
}

async function inEnvironment<T>(env: NodeJS.ProcessEnv, run: () => Promise<T>): Promise<T> {
  const before = process.env
  process.env = { ...env, AWS_EC2_METADATA_DISABLED: 'true' }
  try {
    return await run()
  } finally {
    process.env = before
  }
}
