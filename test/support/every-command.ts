import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

/** Tests what holds for every command that the scripts of a package.json run: its help, its errors, WARREN_DEBUG. */
export function testEveryCommand(packageJson: string): void {
  const { scripts } = JSON.parse(readFileSync(packageJson, 'utf8')) as { scripts: Record<string, string> }
  const commands = Object.entries(scripts).flatMap(([script, line]) => {
    const argv = /node local\/setup\.mjs (\S+\.ts.*)$/.exec(line)?.[1]?.split(' ')
    return argv === undefined ? [] : [{ script, argv }]
  })

  describe.each(commands)('$script in %s', ({ script, argv }) => {
    // two processes that may load all of CDK
    test('shows in its help how to call it, and its example has no unknown option and no wrong value', {
      timeout: 120_000,
    }, async () => {
      const help = await run([...argv, '--help'])
      expect(help).toMatchObject({ status: 0, stderr: '' })
      // test:full is an option of test; start without the laboratory is dev
      const name = script === 'start' ? '(run )?(start|dev)' : `(run )?${script.replace(':full', '')}`
      expect(help.stdout).toMatch(new RegExp(`^Usage: npm ${name} `))
      const [, example = ''] = /^Example: npm (?:run )?\S+(?: -w lab)?(?: -- (.*))?$/m.exec(help.stdout) ?? []
      expect(help.stdout).toMatch(/^Example: npm /m)
      const given = example === '' ? [] : example.split(' ')
      const end = given.indexOf('--')
      const wrong = given.toSpliced(end < 0 ? given.length : end, 0, '--no-such-option')

      const { status, stdout, stderr } = await run([...argv, ...wrong], { WARREN_DEBUG: '1' })
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
      const [sentence, hint, ...stack] = stderr.split('\n')
      expect(sentence).toBe("warren: unknown option '--no-such-option'")
      expect(hint).toMatch(new RegExp(`^usage: npm ${name} .*--help says more`))
      expect(stack.join('\n')).toMatch(/^ +at .*\.ts:\d+/m)
    })
  })
}

interface Ended {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

function run(argv: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const { WARREN_DEBUG: _, ...inherited } = process.env
  return new Promise((done) => {
    const options = { env: { ...inherited, ...env } }
    const child = execFile(process.execPath, [...argv], options, (error, stdout, stderr) =>
      done({ status: error ? Number(error.code) : 0, stdout, stderr }),
    )
    child.stdin?.end()
  })
}
