import { readFileSync } from 'node:fs'
import type { ImageAsset } from '../../ops/assembly.ts'
import type { Docker } from '../../test/support/docker.ts'
import { baseImage } from '../tutorial/experiments/docker-limit.ts'

export interface Layer {
  readonly by: string
  readonly size: string
}

/** An image that was built from its asset. */
export interface Image {
  readonly name: string
  readonly bytes: number
  /** Those of the asset itself, the newest first. */
  readonly layers: readonly Layer[]
}

export function baseOf({ dockerfile }: ImageAsset): string {
  return baseImage(readFileSync(dockerfile, 'utf8'))
}

/** Builds for this machine's CPU, whatever platform the asset names, and without a network: the base is there. */
export async function buildImage({ docker }: Docker, asset: ImageAsset, tag: string): Promise<Image> {
  const name = `warren-rehearsal:${tag.slice(0, 12)}`
  await docker(
    'build',
    '--quiet',
    '--network',
    'none',
    '--file',
    asset.dockerfile,
    '--tag',
    name,
    asset.directory,
  )
  const size = await docker('image', 'inspect', '--format', '{{.Size}}', name)
  const history = await docker('history', '--no-trunc', '--format', '{{.CreatedBy}}\t{{.Size}}', name)
  const lines = history.trim().split('\n')
  const layers = lines.slice(0, instructions(asset.dockerfile)).map((line) => {
    const [by = '', bytes = ''] = line.split('\t')
    return { by: by.replace('/bin/sh -c #(nop)', '').trim(), size: bytes }
  })
  return { name, bytes: Number(size), layers }
}

/** Its size, and that of the layers that are not empty. */
export function describeImage({ bytes, layers }: Image): string {
  const ours = layers.filter(({ size }) => size !== '0B').map(({ by, size }) => `${by.split(' ')[0]} ${size}`)
  return `${Math.round(bytes / 1e6)} MB, of which ${ours.join(', ')}`
}

/** Each makes a layer, though most are empty; FROM is the base's. */
function instructions(file: string): number {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => /^[A-Z]+ /.test(line) && !line.startsWith('FROM ')).length
}
