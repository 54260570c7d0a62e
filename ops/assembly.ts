import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Resource {
  readonly Type: string
  readonly Properties?: Readonly<Record<string, unknown>>
  readonly DeletionPolicy?: string
}

/** A CloudFormation template, as far as it is read here. */
export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>
  readonly Outputs?: Readonly<
    Record<string, { readonly Value: unknown; readonly Export?: { readonly Name: unknown } }>
  >
}

/** A resource and where it is. */
export interface Placed extends Resource {
  readonly stack: string
  readonly logicalId: string
}

export interface Stack {
  readonly name: string
  /** Undefined where the stack may go to any account or region. */
  readonly account: string | undefined
  readonly region: string | undefined
  readonly tags: Readonly<Record<string, string>>
  readonly protected: boolean
  /** The oldest version of the bootstrap stack that it can be deployed with. */
  readonly bootstrapVersion: number
  readonly template: Template
  /** Those of the template. */
  readonly resources: readonly Placed[]
}

/** A container image that a deploy builds. */
export interface Image {
  readonly dockerfile: string
  /** Such as `linux/arm64`; undefined means Docker's own. */
  readonly platform: string | undefined
}

/** What `cdk synth` wrote: https://docs.aws.amazon.com/cdk/v2/guide/deploy.html#deploy-how-synth-app */
export interface Assembly {
  readonly directory: string
  readonly stacks: readonly Stack[]
  readonly images: readonly Image[]
}

interface Artifact {
  readonly type: string
  readonly environment?: string
  readonly properties: {
    readonly templateFile: string
    readonly stackName?: string
    readonly file: string
    readonly tags?: Record<string, string>
    readonly terminationProtection?: boolean
    readonly requiresBootstrapStackVersion?: number
  }
}

export function readAssembly(directory: string): Assembly {
  const read = (file: string) => JSON.parse(readFileSync(join(directory, file), 'utf8'))
  const artifacts = Object.entries<Artifact>(read('manifest.json').artifacts)
  const ofType = (type: string) => artifacts.filter(([, artifact]) => artifact.type === type)
  return {
    directory,
    stacks: ofType('aws:cloudformation:stack').map(([id, artifact]) => {
      const name = artifact.properties.stackName ?? id
      return stack(name, artifact, read(artifact.properties.templateFile))
    }),
    images: ofType('cdk:asset-manifest').flatMap(([, { properties }]) =>
      Object.values<{ source: Record<string, string> }>(read(properties.file).dockerImages ?? {}).map(
        ({ source }) => ({
          dockerfile: join(directory, source['directory'] ?? '', source['dockerFile'] ?? 'Dockerfile'),
          platform: source['platform'],
        }),
      ),
    ),
  }
}

function stack(name: string, artifact: Artifact, template: Template): Stack {
  // aws://<account>/<region>, with unknown-account and unknown-region where a stack names none
  const [account, region] = (artifact.environment ?? '').replace('aws://', '').split('/')
  const known = (value = '') => (value.startsWith('unknown') || value === '' ? undefined : value)
  return {
    name,
    account: known(account),
    region: known(region),
    tags: artifact.properties.tags ?? {},
    protected: artifact.properties.terminationProtection ?? false,
    bootstrapVersion: artifact.properties.requiresBootstrapStackVersion ?? 0,
    template,
    resources: Object.entries(template.Resources).map(([logicalId, resource]) => ({
      ...resource,
      stack: name,
      logicalId,
    })),
  }
}

/** The resources of one type, over all stacks given. */
export function ofType(stacks: readonly Stack[], type: string): Placed[] {
  return stacks.flatMap(({ resources }) => resources.filter((resource) => resource.Type === type))
}
