import { rename, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { type Dev, startDev } from '../support/dev.ts'

const handler = 'services/tasks/own.handler.ts'
let dev: Dev

/** A type of our own: what the template ships may be gone. */
beforeAll(async () => {
  dev = await startDev(inject('broker'))
  await dev.write(handler, says('first'))
  await dev.write(
    'services/tasks/own.ts',
    `import * as z from 'zod'
import { taskType } from '../contract/task-type.ts'
export const own = taskType({ type: 'own', payload: z.object({ until: z.string().optional() }), handler: './own.handler.ts' })
`,
  )
  await changed(async () => {
    const registry = await dev.read('services/tasks/registry.ts')
    await dev.write(
      'services/tasks/registry.ts',
      `import { own } from './own.ts'\n${registry.replace('= [', '= [own, ')}`,
    )
  })
})
afterAll(() => dev[Symbol.asyncDispose]())

/** A handler that says its name when it begins, and again when a file is there. */
function says(name: string, more = ''): string {
  return `import { existsSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
export default async ({ until }, { log, signal }) => {
  log.info('${name} begins')
  ${more}
  while (until && !existsSync(until)) await setTimeout(20, undefined, { signal })
  log.info('${name} ends')
}
`
}

const send = (payload = {}) => dev.send({ type: 'own', payload }).then(([id]) => id)

/** Makes a change, and waits until it is live. */
async function changed(change: () => Promise<void>): Promise<void> {
  const before = dev.output.length
  await change()
  await dev.seen('rebuilt and restarted', before)
}

describe('whoever writes a handler, with npm run dev', () => {
  it('sees its own log lines, by task', async () => {
    const id = await send()
    await dev.seen(new RegExp(String.raw`^\d\d:\d\d:\d\d (slow|fast) own ${id} info: first begins$`, 'm'))
    await dev.seen(new RegExp(String.raw`^\d\d:\d\d:\d\d (slow|fast) own ${id} \d+ ms done$`, 'm'))
  })

  it('has each change live, also where an editor puts a new file in the place of the old one', async () => {
    for (const word of ['one', 'two', 'three']) {
      await changed(async () => {
        // outside of what is watched, so that its coming is no event of its own
        await dev.write('replaced', says(word))
        await rename(resolve(dev.copy, 'replaced'), resolve(dev.copy, handler))
      })
      await dev.seen(`own ${await send()} info: ${word} ends`)
    }
    expect(dev.output).not.toContain('cannot be built')
    await changed(() => dev.write(handler, says('first')))
  })

  it('has a change live beside what runs, which is finished by the code before', async () => {
    const go = resolve(dev.copy, 'go')
    const old = await send({ until: go })
    await dev.seen(`own ${old} info: first begins`)
    await changed(() => dev.write(handler, says('second')))
    const next = [await send(), await send(), await send()]
    for (const id of next) await dev.seen(`own ${id} info: second ends`)
    expect(dev.output).not.toContain(`own ${old} info: first ends`)
    await writeFile(go, '')
    await dev.seen(
      new RegExp(String.raw`own ${old} info: first ends\n(.*\n)*.* own ${old} \d+ ms done$`, 'm'),
    )
    expect(dev.output.match(new RegExp(`own ${old} `, 'g'))).toHaveLength(3)
  })

  it('has the next change live, however long what ran before both goes on', async () => {
    const go = resolve(dev.copy, 'go-on')
    const old = await send({ until: go })
    await dev.seen(`own ${old} info: second begins`)
    for (const name of ['third', 'fourth']) await changed(() => dev.write(handler, says(name)))
    await dev.seen(`own ${await send()} info: fourth ends`)
    expect(dev.output).not.toContain(`own ${old} info: second ends`)
    await writeFile(go, '')
    await dev.seen(`own ${old} info: second ends`)
  })

  it('sees what is wrong with a source, and nothing of it once it is mended', async () => {
    const before = dev.output.length
    await dev.write(handler, `${says('broken')}this is not TypeScript`)
    await dev.seen('cannot be built, so the version before still runs:\n', before)
    await dev.seen(
      `${handler}:9:6: Expected ";" but found "is"\n  9 │ this is not TypeScript\n    │      ^^\n`,
      before,
    )
    await dev.seen(`own ${await send()} info: fourth ends`)
    await changed(() => dev.write(handler, says('mended')))
    await dev.seen(`own ${await send()} info: mended ends`)
  })

  it('sees where a module throws when it is loaded, and is done with it once it is mended', async () => {
    const before = dev.output.length
    await changed(() => dev.write(handler, `${says('broken')}\nconst none = undefined\nnone.field`))
    await dev.seen(
      /error: handler cannot be loaded: tasks of its type fail: TypeError: .*\n {2}\S*own\.handler\.ts:11:6\n/,
      before,
    )
    await dev.seen('\n  11 │ none.field\n     │      ^\n', before)
    const failing = await send()
    await dev.seen(new RegExp(String.raw`own ${failing} \d+ ms failed \(try 1 of`))
    await changed(() => dev.write(handler, says('mended again')))
    await dev.seen(`own ${failing} info: mended again ends`)
  })

  it('sees the line that threw as it was then, where the file has other lines by now', async () => {
    const go = resolve(dev.copy, 'go-and-throw')
    await changed(() =>
      dev.write(handler, says('old', "using _ = { [Symbol.dispose]() { throw new Error('late') } }")),
    )
    const id = await send({ until: go })
    await dev.seen(`own ${id} info: old begins`)
    await changed(() => dev.write(handler, `// a line more\n\n\n${says('new')}`))
    await writeFile(go, '')
    await dev.seen(`own ${id} warn: handler threw: Error: late`)
    await dev.seen(/own\.handler\.ts:5:\d+\n {2}5 │ {3}using _ = /)
  })

  it('sees the line that threw, and what is printed', async () => {
    await changed(() => dev.write(handler, says('throws', "console.log('printed'); throw new Error('no')")))
    const id = await send()
    await dev.seen(
      new RegExp(
        String.raw`own ${id} warn: handler threw: Error: no\n {2}\S*own\.handler\.ts:5:33\n {2}5 │ `,
      ),
    )
    await dev.seen(/^\d\d:\d\d:\d\d (slow|fast) prints: printed$/m)
  })

  it('sees after Ctrl-C what is waited for, and the end of it', async () => {
    await changed(() => dev.write(handler, says('last')))
    const go = resolve(dev.copy, 'go-to-the-end')
    const id = await send({ until: go })
    await dev.seen(`own ${id} info: last begins`)
    const ended = dev.interrupt()
    await dev.seen('Waiting for the tasks that run, 20 s at most; ')
    await writeFile(go, '')
    expect(await ended).toEqual([130, null])
    expect(dev.output).toContain(`own ${id} info: last ends`)
  })
})
