import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { describe, expect, it, type TestContext } from 'vitest'

const run = promisify(execFile)
const command = ['lab/emulator/run.ts', 'sandbox']

async function needPython(context: TestContext): Promise<void> {
  const python = await run('python3', ['-c', 'import venv, ensurepip']).catch(() => undefined)
  if (!python) context.skip('there is no python3 with venv: the emulator cannot be installed')
}

describe('npm run emulate -w lab', () => {
  it('deploys, uses, updates and destroys the sandbox, with a ledger from the update on, and finds the table right', async (context) => {
    await needPython(context)
    const { stdout } = await run(process.execPath, command)
    expect(stdout).toMatch(
      /CREATE_COMPLETE.*50 of 50 accepted.*UPDATE_COMPLETE.*routes: .*GET \/openapi\.json.*GET \/tasks\/\{id\}.*nothing left/s,
    )
  }, 900_000)

  it('leaves no emulator and no function behind after Ctrl-C', async (context) => {
    await needPython(context)
    const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'inherit'] })
    let url = ''
    for await (const line of createInterface({ input: child.stdout })) {
      url = /ministack \S+ at (http:\S+);/.exec(line)?.[1] ?? url
      if (line.includes('CREATE_COMPLETE')) break
    }
    child.kill('SIGINT')
    expect(await once(child, 'exit')).toEqual([130, null])
    await expect(fetch(url)).rejects.toThrow('fetch failed')
  }, 900_000)
})
