import { UsageError } from '../command-line/arguments.ts'

/** What the files of a task type, or the registry, already call something. */
const taken = new Set(['handler', 'log', 'name', 'taskType', 'taskTypes', 'runTask', 'expect', 'test', 'z'])

/** What JavaScript does not allow as a name, as far as it could be a task type's: modules are strict. */
const reserved = new Set(
  `arguments await break case catch class const continue debugger default delete do else enum eval export extends false
finally for function if implements import in instanceof interface let new null package private protected public return
static super switch this throw true try typeof undefined var void while with yield`.split(/\s/),
)

/** @throws UsageError where no task type may be called that */
export function readTypeName(value: string): string {
  if (/^[a-z][a-z0-9-]{0,63}$/.test(value)) return value
  throw new UsageError(
    `a task type's name is 1 to 64 of a-z 0-9 -, a letter first, such as resize-image: not ${JSON.stringify(value)}`,
  )
}

/** What the code calls it: `resizeImage`. */
export function identifierOf(type: string): string {
  const camel = type.replaceAll(/-+([a-z0-9]?)/g, (_, letter: string) => letter.toUpperCase())
  return taken.has(camel) || reserved.has(camel) ? `${camel}Task` : camel
}

/** The files of a new task type by their paths, each with what the user is told of it. */
export function taskFiles(
  type: string,
): readonly { readonly path: string; readonly is: string; readonly text: string }[] {
  const own = identifierOf(type)
  return [
    {
      path: `services/tasks/${type}.ts`,
      is: 'its name, its payload, and how long a try may take',
      text: `import * as z from 'zod'
import { taskType } from '../contract/task-type.ts'

export const ${own} = taskType({
  type: '${type}',
  payload: z.object({ name: z.string().min(1) }),
  timeoutSeconds: 60,
  handler: './${type}.handler.ts',
})
`,
    },
    {
      path: `services/tasks/${type}.handler.ts`,
      is: 'what is done',
      text: `import type { Handler } from '../contract/task-type.ts'
import type { ${own} } from './${type}.ts'

const handler: Handler<typeof ${own}> = async ({ name }, { signal, log }) => {
  signal.throwIfAborted()
  log.info('done', { name })
}
export default handler
`,
    },
    {
      path: `test/tasks/${type}.test.ts`,
      is: 'its test',
      text: `import { expect, test } from 'vitest'
import { runTask } from '../../local/testing/run-task.ts'
import { ${own} } from '../../services/tasks/${type}.ts'

test('${type} is done', async () => {
  const { outcome, reason, log } = await runTask(${own}, { name: 'example' })
  expect(outcome, reason).toBe('done')
  expect(log).toMatchObject([{ msg: 'done', name: 'example' }])
})

test('${type} refuses a payload that does not fit', async () => {
  const { outcome } = await runTask(${own}, { name: '' })
  expect(outcome).toBe('unreadable')
})
`,
    },
  ]
}
