import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { App } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { addStacks } from '../../infra/app.ts'
import * as checks from '../../infra/checks.ts'
import { environments } from '../../infra/environments.ts'
import type { Environment } from '../../infra/settings/environment.ts'
import { schedules } from '../../services/tasks/schedules.ts'
import { fixtures } from '../support/environments.ts'
import { testSchedules } from '../support/schedules.ts'

const root = resolve(import.meta.dirname, '../..')

/** A resource as a template has it. */
export interface Resource {
  readonly Type: string
  // biome-ignore lint/suspicious/noExplicitAny: a template's properties have whatever shape their type has
  readonly Properties: any
  readonly DeletionPolicy?: string
  readonly UpdateReplacePolicy?: string
  readonly DependsOn?: readonly string[]
}
export type Resources = Readonly<Record<string, Resource>>

const folders: string[] = []
process.once('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})
// vitest ends its processes so, and without a listener there is no 'exit'
process.once('SIGTERM', () => process.exit())

/** A folder that is removed at the end. */
function temporaryFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `warren-${name}-`))
  folders.push(folder)
  return folder
}

/** An app with cdk.json's feature flags, which only the cdk command reads. */
export function testApp(context: Record<string, unknown> = {}): App {
  const cdkJson = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8'))
  return new App({ outdir: temporaryFolder('synth'), context: { ...cdkJson.context, ...context } })
}

/** Folders that look like the services' bundles, so that these tests do not depend on the services' code. */
export function fakeBundles(): { lambda(name: string): string; worker: string } {
  const folder = temporaryFolder('bundles')
  const make = (name: string, files: Record<string, string>) => {
    const path = join(folder, name)
    mkdirSync(path, { recursive: true })
    for (const [file, text] of Object.entries(files)) writeFileSync(join(path, file), text)
    return path
  }
  return {
    lambda: (name) => make(name, { 'index.mjs': `export const handler = '${name}'` }),
    worker: make('worker', { Dockerfile: 'FROM scratch', 'main.mjs': '' }),
  }
}

/** A fixture, or an environment of infra/environments.ts: these only {@link environmentNames} has, whatever they are. */
export type EnvironmentName = keyof typeof fixtures | (string & { readonly deployable: true })

const taken = Object.keys(fixtures).filter((name) => name in environments)
if (taken.length > 0) throw new Error(`${taken} is a name of the tests' own: call the environment otherwise`)
const known: Readonly<Record<string, Environment>> = { ...environments, ...fixtures }

/**
 * What rules are held to: the environments that can be deployed, whatever they are, and the tests' own, so that each
 * rule meets what it is about. A test that expects particular values has them of a fixture.
 */
export const environmentNames = Object.keys(known) as EnvironmentName[]

/** An environment as it comes, or changed. */
export function environment(name: EnvironmentName, change: Partial<Environment> = {}): Environment {
  const found = known[name]
  if (!found) throw new Error(`no environment ${name}`)
  return { ...found, ...change }
}

/** What does not fit, but for queues that a team's own task types name: the tests' environments do not have them. */
export function findSettingProblems(
  name: string,
  environment: Environment,
  givens: checks.Givens = withoutQueues,
): checks.SettingProblem[] {
  return checks.findSettingProblems(name, environment, givens)
}
const withoutQueues: checks.Givens = {
  ...checks.ours,
  taskTypes: checks.ours.taskTypes.map(({ queue: _, ...type }) => type),
}

/** The schedules of an environment; the tests' own have the tests' own. */
export const schedulesOf = (name: EnvironmentName) => (name in fixtures ? testSchedules : schedules)

/** All stacks of an environment, not synthesized yet. */
export function stacks(name: EnvironmentName, change: Partial<Environment> = {}) {
  const app = testApp()
  return { app, ...addStacks(app, name, environment(name, change), fakeBundles(), schedulesOf(name)) }
}

export interface Synthesized {
  readonly foundation: Template
  readonly workQueue: Template
  readonly moreQueues: readonly Template[]
}
const synthesized = new Map<string, Synthesized>()

/** The templates of an environment as it comes; made once per process. */
export function templates(name: EnvironmentName): Synthesized {
  const found = synthesized.get(name)
  if (found) return found
  const { foundation, workQueue, moreQueues } = stacks(name)
  const made = {
    foundation: Template.fromStack(foundation),
    workQueue: Template.fromStack(workQueue),
    moreQueues: moreQueues.map((stack) => Template.fromStack(stack)),
  }
  synthesized.set(name, made)
  return made
}

export function resourcesOf(template: Template, type?: string): [string, Resource][] {
  const all = Object.entries(template.toJSON()['Resources'] as Resources)
  return type ? all.filter(([, { Type }]) => Type === type) : all
}

/** The templates of all stacks, by what they are of. */
export function allTemplates(name: EnvironmentName): Readonly<Record<string, Template>> {
  const { moreQueues, ...others } = templates(name)
  return { ...others, ...Object.fromEntries(moreQueues.map((template, at) => [`queue ${at + 2}`, template])) }
}

/** The resources of the foundation and the default queue: test/infra/queues.test.ts compares the others with that. */
export function allResources(name: EnvironmentName, type?: string): [string, Resource][] {
  const { foundation, workQueue } = templates(name)
  return [...resourcesOf(foundation, type), ...resourcesOf(workQueue, type)]
}
