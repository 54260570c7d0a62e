import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { createProgress } from '../../ops/command-line/progress.ts'

describe('progress', () => {
  it('is plain lines where there is no terminal, with the last state whatever came before', () => {
    const { stream, written } = output({})
    const progress = createProgress(stream)
    progress.say('fair')
    for (let done = 1; done <= 50; done += 1) progress.show([`slow ${done} done`])
    progress.settle()
    expect(written()).toBe('fair\nslow 50 done\n')
  })

  it('is drawn over itself on a terminal, and never wider than that', () => {
    const { stream, written } = output({ isTTY: true, columns: 10 })
    const progress = createProgress(stream)
    progress.show(['slow ███████████ 1 done', 'fast'])
    progress.settle()
    const text = written()
    expect(text).toContain(`${String.fromCharCode(27)}[2A`)
    expect(text).toContain('slow ████\n')
    expect(text).not.toContain('slow █████')
  })
})

function output(terminal: object) {
  const stream = Object.assign(new PassThrough(), {
    clearScreenDown: () => true,
    ...terminal,
  })
  return {
    stream: stream as unknown as NodeJS.WriteStream,
    written: () => String(stream.read() ?? ''),
  }
}
