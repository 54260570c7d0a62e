import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { Argument } from '@commander-js/extra-typings'
import type { TaskType } from '../services/contract/task-type.ts'
import { oneOf, UsageError } from './command-line/arguments.ts'
import { command } from './command-line/command.ts'
import { runCommand } from './command-line/lifecycle.ts'
import { importLine, withTaskType } from './new/registry.ts'
import { identifierOf, readTypeName, taskFiles } from './new/task-files.ts'

const program = command(
  'npm run new',
  `Writes a new task type: its declaration, its handler, a test that runs it, and its line in services/tasks/registry.ts.
What is there already is never overwritten.`,
  'npm run new -- task resize',
)
  .addArgument(new Argument('<what>', 'task').argParser(oneOf('kind of thing to write', ['task'])))
  .argument('<name>', 'what clients will call it: 1 to 64 of a-z 0-9 -, a letter first', readTypeName)

const root = resolve(import.meta.dirname, '..')
const registry = 'services/tasks/registry.ts'
const inRoot = (path: string) => resolve(root, path)
const runFile = promisify(execFile)

await runCommand(program, async ({ args: [, type] }) => {
  const files = taskFiles(type)
  const own = identifierOf(type)
  const before = await readFile(inRoot(registry), 'utf8')
  const existing = files.filter(({ path }) => existsSync(inRoot(path)))
  if (existing.length > 0)
    throw new UsageError(
      `there is already ${existing.map(({ path }) => path).join(' and ')}: choose another name`,
    )
  if ((await typesIn(registry)).some((known) => known.type === type))
    throw new UsageError(`${registry} already has a task type ${type}: choose another name`)
  if (new RegExp(`\\b${own}\\b`).test(before))
    throw new UsageError(`${registry} already has something called ${own}: choose another name`)

  for (const { path, text } of files) {
    await mkdir(dirname(inRoot(path)), { recursive: true })
    await writeFile(inRoot(path), text, { flag: 'wx' })
  }
  const listed = await addToRegistry(before, type, own)
  await format([...files.map(({ path }) => path), registry])

  const width = Math.max(...files.map(({ path }) => path.length))
  for (const { path, is } of files) console.log(`${path.padEnd(width)}  written: ${is}`)
  if (!listed) {
    console.error(`
${registry} is left as it was: it has no list "taskTypes = [ … ]" that this command can add to. Add to it
  ${importLine(own, `${type}.ts`)}
and put ${own} into taskTypes.`)
    return 1
  }
  console.log(`${registry.padEnd(width)}  lists it
${next(type)}`)
  return 0
})

/** The types of a registry as it is now. */
async function typesIn(file: string): Promise<readonly TaskType[]> {
  try {
    const { taskTypes } = await import(pathToFileURL(inRoot(file)).href)
    return taskTypes
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`${file} cannot be loaded, mend it first: ${why}`, { cause })
  }
}

/** Adds the type, and looks whether it is there then: if not, the file is as before. */
async function addToRegistry(before: string, type: string, own: string): Promise<boolean> {
  const after = withTaskType(before, own, `${type}.ts`)
  if (after === undefined) return false
  await writeFile(inRoot(registry), after)
  const url = JSON.stringify(pathToFileURL(inRoot(registry)).href)
  const script = `const { taskTypes } = await import(${url}); process.exit(taskTypes.some(({ type }) => type === '${type}') ? 0 : 1)`
  try {
    await runFile(process.execPath, ['--input-type=module', '-e', script])
    return true
  } catch {
    await writeFile(inRoot(registry), before)
    return false
  }
}

/** Sorts imports and breaks lines by the rules of the house; who has another formatter formats later. */
async function format(paths: readonly string[]): Promise<void> {
  const biome = inRoot('node_modules/.bin/biome')
  await runFile(process.execPath, [biome, 'check', '--write', ...paths], { cwd: root }).catch(() => undefined)
}

function next(type: string): string {
  return `
Next
  Put your payload into the first file and the work into the second.
  npm test -- test/tasks/${type}
  npm run dev            has it within two seconds; in another terminal:
  npm run send -- local --type ${type} --payload '{ "name": "example" }' --count 1 --wait`
}
