import { expect, inject, it } from 'vitest'
import { freePorts } from '../../local/broker/ports.ts'
import { startDev } from '../support/dev.ts'
import { attachInspector, ScriptMap } from '../support/inspector.ts'

const source = `export default async ({ width }: { width: number }, { log }) => {
  const doubled = 2 * width
  log.info('doubled', { doubled })
}
`

it('npm run dev --inspect: a breakpoint in a handler is hit, and no time limit strikes meanwhile', async () => {
  const [port = 0] = await freePorts(1)
  await using dev = await startDev(inject('broker'), { options: ['--inspect', `${port}`] })
  expect(dev.output).toContain(`tasks at 127.0.0.1:${port}`)
  await dev.write('services/tasks/own.handler.ts', source)
  await dev.write(
    'services/tasks/own.ts',
    `import * as z from 'zod'
import { taskType } from '../contract/task-type.ts'
export const own = taskType({ type: 'own', payload: z.object({ width: z.int() }), timeoutSeconds: 1, handler: './own.handler.ts' })
`,
  )
  const registry = await dev.read('services/tasks/registry.ts')
  const before = dev.output.length
  await dev.write(
    'services/tasks/registry.ts',
    `import { own } from './own.ts'\n${registry.replace('= [', '= [own, ')}`,
  )
  await dev.seen('rebuilt and restarted', before)
  // the port is that of the worker that was there before
  await dev.seen('a debugger may attach: no try ends for taking long', before)

  using inspector = await attachInspector(port)
  const script = await inspector.event('Debugger.scriptParsed', ({ url }) => url.endsWith('/own.handler.mjs'))
  const map = new ScriptMap(script)
  await inspector.call(script.session, 'Debugger.setBreakpointByUrl', {
    url: script['url'],
    ...map.find('own.handler.ts:3'),
  })
  const [id] = await dev.send({ type: 'own', payload: { width: 40 } })
  const paused = await inspector.event('Debugger.paused', () => true)
  const [frame] = paused['callFrames']
  expect(map.sourceOf(frame.location.lineNumber, frame.location.columnNumber)).toBe('own.handler.ts:3')
  const { result } = await inspector.call(script.session, 'Debugger.evaluateOnCallFrame', {
    callFrameId: frame.callFrameId,
    expression: 'doubled + width',
  })
  expect(result.value).toBe(120)
  await inspector.call(script.session, 'Debugger.resume')
  await dev.seen(`own ${id} info: doubled {"doubled":80}`)
  await dev.seen(new RegExp(String.raw`own ${id} \d+ ms done`))
})
