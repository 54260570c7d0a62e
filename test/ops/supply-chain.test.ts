import { globSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> }
const manifests = globSync('{package,*/package}.json').map((file) => JSON.parse(read(file)))

interface Locked {
  readonly integrity?: string
  readonly link?: boolean
  readonly inBundle?: boolean
}

describe('what is installed from others', () => {
  it('has an exact version', () => {
    const all = manifests.flatMap(({ dependencies, devDependencies, optionalDependencies }) =>
      Object.entries<string>({ ...dependencies, ...devDependencies, ...optionalDependencies }),
    )
    expect(all.length).toBeGreaterThan(20)
    expect(all.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
    expect(read('.npmrc')).toContain('save-exact=true')
  })

  it('is what the lock file has a SHA-512 of', () => {
    // a package that stands inside another's archive is covered by that one's
    const own = Object.entries(packages).filter(
      ([path, { inBundle, link }]) => path.includes('node_modules/') && !inBundle && !link,
    )
    expect(own.length).toBeGreaterThan(100)
    expect(
      own.filter(([, { integrity }]) => !integrity?.startsWith('sha512-')).map(([path]) => path),
    ).toEqual([])
  })

  it('runs nothing while it is installed', () => {
    expect(read('local/setup/packages.mjs')).toMatch(
      /quiet = \['--ignore-scripts'[\s\S]*return \['ci', \.\.\.quiet/,
    )
    const installs = [
      '.ci/run',
      '.github/workflows/ci.yml',
      '.github/workflows/deploy.yml',
      '.github/workflows/nightly.yml',
    ]
      .flatMap((file) => read(file).match(/.*\bnpm (ci|install|i)\b.*/g) ?? [])
      .filter((line) => !line.includes('--ignore-scripts'))
    expect(installs).toEqual([])
  })

  it('is a base image of one version', () => {
    expect(read('services/worker/Dockerfile').match(/^FROM .*$/gm)).toEqual([
      expect.stringMatching(/^FROM \S+:\d+\.\d+\.\d+-slim$/),
    ])
  })

  it('has its updates proposed as pull requests', () => {
    const kinds = read('.github/dependabot.yml').matchAll(/package-ecosystem: (.*)/g)
    expect([...kinds].map(([, kind]) => kind)).toEqual(['npm', 'github-actions', 'docker'])
  })

  it('is held against the known vulnerabilities on each pull request and every night', () => {
    expect(read('.github/workflows/ci.yml')).toContain('run: npm audit --omit=dev --audit-level=high')
    expect(read('.github/workflows/nightly.yml')).toContain('run: npm audit --audit-level high')
  })
})
