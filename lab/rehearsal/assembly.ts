import { join } from 'node:path'
import { CloudAssembly } from 'aws-cdk-lib/cx-api'
import { assetManifests } from '../../ops/assembly.ts'

/** A resource as its template has it, intrinsic functions and all. */
export interface Resource {
  readonly Type: string
  readonly Properties?: Readonly<Record<string, unknown>>
  readonly DependsOn?: string | readonly string[]
  readonly Condition?: string
  readonly Metadata?: Readonly<Record<string, unknown>>
}

export interface Template {
  readonly stack: string
  readonly Resources: Readonly<Record<string, Resource>>
  readonly Outputs?: Readonly<
    Record<string, { readonly Value: unknown; readonly Export?: { readonly Name: string } }>
  >
  readonly Parameters?: Readonly<Record<string, { readonly Default?: unknown }>>
}

/** An image that a deploy builds from a folder. */
export interface ImageAsset {
  readonly directory: string
  readonly dockerfile: string
  /** Such as `linux/arm64`. */
  readonly platform: string | undefined
}

/** A cloud assembly: all that the rehearsal knows of the project. */
export interface Assembly {
  readonly directory: string
  /** In the order in which they are deployed. */
  readonly templates: readonly Template[]
  /** Folder of a file asset, by its object's key in the bucket. */
  readonly files: ReadonlyMap<string, string>
  /** By image tag. */
  readonly images: ReadonlyMap<string, ImageAsset>
}

/** Reads what `cdk synth` wrote: templates and asset manifests. */
export function readAssembly(directory: string): Assembly {
  const assembly = new CloudAssembly(directory)
  const manifests = assetManifests(assembly)
  return {
    directory,
    templates: assembly.stacks.map(({ template, stackName }) => ({ ...template, stack: stackName })),
    files: new Map(
      manifests
        .flatMap(({ files = {} }) => Object.values(files))
        .flatMap(({ source, destinations }) =>
          Object.values(destinations).map(({ objectKey }) => [objectKey, join(directory, source.path ?? '')]),
        ),
    ),
    images: new Map(
      manifests
        .flatMap(({ dockerImages = {} }) => Object.values(dockerImages))
        .flatMap(({ source, destinations }) =>
          Object.values(destinations).map(({ imageTag }) => [
            imageTag,
            {
              directory: join(directory, source.directory ?? ''),
              dockerfile: source.dockerFile ?? 'Dockerfile',
              platform: source.platform,
            },
          ]),
        ),
    ),
  }
}
