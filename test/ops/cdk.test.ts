import { execFile } from 'node:child_process'
import { expect, test } from 'vitest'
import { testEnvironments } from './run-command.ts'

/** Runs `npm run <verb> -- …` as npm does, without a terminal. */
function run(script: string, ...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((done) => {
    const child = execFile(
      process.execPath,
      [...testEnvironments, `ops/${script}.ts`, ...args],
      (error, stdout, stderr) => {
        done({ code: error ? Number(error.code) : 0, stdout, stderr })
      },
    )
    child.stdin?.end()
  })
}

test.each(['synth', 'diff', 'deploy', 'destroy'])(
  '%s --help shows an example and the environments',
  async (verb) => {
    const { code, stdout } = await run('cdk', verb, '--help')
    expect(code).toBe(0)
    expect(stdout).toMatch(new RegExp(`example: npm run ${verb} -- (sandbox|production)`))
    expect(stdout).toContain('environments: sandbox, production')
  },
)

test.each([
  [
    'an unknown environment',
    ['deploy', 'prodution'],
    'there is no environment prodution: did you mean production?',
  ],
  ['an unknown option', ['deploy', 'sandbox', '--chek'], 'there is no option --chek: did you mean --check?'],
  [
    'a misspelt option of cdk',
    ['synth', 'sandbox', '--strikt'],
    'there is no option --strikt: did you mean --strict?',
  ],
  ['no environment', ['diff'], 'name an environment first: sandbox or production'],
  ['a second environment', ['destroy', 'sandbox', 'production'], "unexpected argument 'production'"],
  ['a deploy that nobody can confirm', ['deploy', 'sandbox'], 'there is no terminal to ask on: add --yes'],
  ['a destroy that nobody can confirm', ['destroy', 'sandbox'], 'there is no terminal to ask on: add --yes'],
])('%s exits with 2 and says what to do', async (_, args, message) => {
  const { code, stderr } = await run('cdk', ...args)
  expect(code).toBe(2)
  expect(stderr).toContain(`warren: ${message}`)
})

test.each([
  [['sandbocks'], 'did you mean sandbox?'],
  [[], 'name one environment: sandbox or production'],
  [['sandbox', '--tasks-per-second', '0'], '--tasks-per-second must be a number above 0, got "0"'],
  [['sandbox', '--task-seconds='], '--task-seconds must be a number above 0, got ""'],
  [['sandbox', '--per-second', '1'], 'did you mean --task-seconds?'],
])('npm run cost with %j exits with 2 and says what to do', async (args, message) => {
  const { code, stderr } = await run('cost', ...args)
  expect(code).toBe(2)
  expect(stderr).toContain(message)
})
