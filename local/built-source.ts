import { globSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** The sources of a build by their files, as its source maps have them. */
const builds = new Map<string, ReadonlyMap<string, string>>()

/**
 * What a source was when it was built: what still runs may be older than the file.
 * @param bundle folder of the build
 */
export function builtSource(bundle: string, file: string): string | undefined {
  const sources = builds.get(bundle) ?? sourcesOf(bundle)
  builds.set(bundle, sources)
  return sources.get(file)
}

function sourcesOf(bundle: string): ReadonlyMap<string, string> {
  const maps = globSync('**/*.map', { cwd: bundle, exclude: ['node_modules'] })
  return new Map(
    maps.flatMap((name) => {
      const path = resolve(bundle, name)
      const { sources, sourcesContent }: SourceMapFile = JSON.parse(readFileSync(path, 'utf8'))
      return sources.map((source, index) => [resolve(dirname(path), source), sourcesContent[index] ?? ''])
    }),
  )
}

interface SourceMapFile {
  /** Beside the map. */
  readonly sources: readonly string[]
  readonly sourcesContent: readonly string[]
}
