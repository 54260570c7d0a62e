import { join } from 'node:path'
import { AssetManifestArtifact, CloudAssembly, type CloudFormationStackArtifact } from 'aws-cdk-lib/cx-api'

/** A resource as its template has it, intrinsic functions and all. */
export interface Resource {
  readonly Type: string
  readonly Properties?: Readonly<Record<string, unknown>>
  readonly DeletionPolicy?: string
  readonly DependsOn?: unknown
  readonly Metadata?: Readonly<Record<string, unknown>>
}

/** A CloudFormation template, as far as it is read here. */
export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>
  readonly Outputs?: Readonly<
    Record<string, { readonly Value: unknown; readonly Export?: { readonly Name: unknown } }>
  >
  readonly Parameters?: Readonly<Record<string, { readonly Default?: unknown }>>
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

/** A container image that a deploy builds. Paths are absolute if the assembly's is. */
export interface ImageAsset {
  /** In the repository of CDK's bootstrap stack. */
  readonly tag: string
  /** What it is built from. */
  readonly directory: string
  readonly dockerfile: string
  /** Such as `linux/arm64`; undefined means Docker's own. */
  readonly platform: string | undefined
}

/** What `cdk synth` wrote: https://docs.aws.amazon.com/cdk/v2/guide/deploy.html#deploy-how-synth-app */
export interface Assembly {
  readonly directory: string
  /** In the order in which they are deployed. */
  readonly stacks: readonly Stack[]
  readonly images: readonly ImageAsset[]
  /** The file or folder of each file asset, by its object's key in the bucket of CDK's bootstrap stack. */
  readonly files: ReadonlyMap<string, string>
}

/** Reads an assembly with CDK's own library. */
export function readAssembly(directory: string): Assembly {
  const assembly = new CloudAssembly(directory)
  const manifests = assembly.artifacts.flatMap((artifact) =>
    AssetManifestArtifact.isAssetManifestArtifact(artifact) ? [artifact.contents] : [],
  )
  const files = manifests
    .flatMap((manifest) => Object.values(manifest.files ?? {}))
    .flatMap(({ source, destinations }) =>
      Object.values(destinations).map(
        ({ objectKey }) => [objectKey, join(directory, source.path ?? '')] as const,
      ),
    )
  const images = manifests
    .flatMap(({ dockerImages = {} }) => Object.values(dockerImages))
    .flatMap(({ source, destinations }) => {
      const folder = join(directory, source.directory ?? '')
      const dockerfile = join(folder, source.dockerFile ?? 'Dockerfile')
      return Object.values(destinations).map(({ imageTag }) => ({
        tag: imageTag,
        directory: folder,
        dockerfile,
        platform: source.platform,
      }))
    })
  return { directory, stacks: assembly.stacks.map(readStack), images, files: new Map(files) }
}

function readStack(stack: CloudFormationStackArtifact): Stack {
  // unknown-account and unknown-region where a stack names none
  const known = (value: string) => (value.startsWith('unknown-') ? undefined : value)
  return {
    name: stack.stackName,
    account: known(stack.environment.account),
    region: known(stack.environment.region),
    tags: stack.tags,
    protected: stack.terminationProtection ?? false,
    bootstrapVersion: stack.requiresBootstrapStackVersion ?? 0,
    template: stack.template,
    resources: Object.entries<Resource>(stack.template.Resources).map(([logicalId, resource]) => ({
      ...resource,
      stack: stack.stackName,
      logicalId,
    })),
  }
}

/** The resources of one type, over all stacks given. */
export function ofType(stacks: readonly Stack[], type: string): Placed[] {
  return stacks.flatMap(({ resources }) => resources.filter((resource) => resource.Type === type))
}
