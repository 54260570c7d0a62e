import { readFileSync } from 'node:fs'
import { join } from 'node:path'

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

interface Artifact {
  readonly type: string
  readonly dependencies?: readonly string[]
  readonly properties: { readonly templateFile: string; readonly stackName?: string; readonly file: string }
}

interface AssetManifest {
  readonly files?: Record<string, Asset>
  readonly dockerImages?: Record<string, Asset>
}
interface Asset {
  readonly source: Record<string, string>
  readonly destinations: Record<string, { readonly objectKey?: string; readonly imageTag?: string }>
}

/** Reads what `cdk synth` wrote: templates and asset manifests. */
export function readAssembly(directory: string): Assembly {
  const read = (file: string) => JSON.parse(readFileSync(join(directory, file), 'utf8'))
  const artifacts: [string, Artifact][] = Object.entries(read('manifest.json').artifacts)
  const stacks = artifacts.filter(([, { type }]) => type === 'aws:cloudformation:stack')
  const manifests: AssetManifest[] = artifacts
    .filter(([, { type }]) => type === 'cdk:asset-manifest')
    .map(([, { properties }]) => read(properties.file))
  const places = (kind: 'files' | 'dockerImages', key: 'objectKey' | 'imageTag') =>
    manifests.flatMap((manifest) =>
      Object.values(manifest[kind] ?? {}).flatMap(({ source, destinations }) =>
        Object.values(destinations).map((to) => [to[key] ?? '', source] as const),
      ),
    )
  return {
    directory,
    templates: inOrder(stacks).map(([id, { properties }]) => ({
      ...read(properties.templateFile),
      stack: properties.stackName ?? id,
    })),
    files: new Map(
      places('files', 'objectKey').map(([key, { path = '' }]) => [key, join(directory, path)] as const),
    ),
    images: new Map(
      places('dockerImages', 'imageTag').map(([tag, source]) => [
        tag,
        {
          directory: join(directory, source['directory'] ?? ''),
          dockerfile: source['dockerFile'] ?? 'Dockerfile',
          platform: source['platform'],
        },
      ]),
    ),
  }
}

/** A stack after those that it depends on. */
function inOrder(stacks: readonly [string, Artifact][]): [string, Artifact][] {
  const ids = new Set(stacks.map(([id]) => id))
  const before = ([, { dependencies = [] }]: [string, Artifact]) =>
    dependencies.filter((id) => ids.has(id)).length
  return stacks.toSorted((one, other) => before(one) - before(other))
}
