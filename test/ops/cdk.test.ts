import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
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

test.each([
  [
    'an unknown environment',
    ['deploy', 'prodution'],
    'there is no environment prodution: did you mean production?',
  ],
  ['an unknown option', ['deploy', 'sandbox', '--chek'], "unknown option '--chek' (Did you mean --check?)"],
  [
    'an option of cdk that does not stand after a second --',
    ['deploy', 'sandbox', '--yes', '--hotswap'],
    "unknown option '--hotswap'\nusage: npm run deploy -- [options] <environment> [-- <options of cdk deploy>]",
  ],
  ['no environment', ['diff'], "missing required argument 'environment': sandbox, production, or several"],
  ['no environment but options of cdk', ['diff', '--', 'sandbox'], "missing required argument 'environment'"],
  [
    'a second environment',
    ['destroy', 'sandbox', 'production'],
    'too many arguments. Expected 1 argument but got 2: sandbox, production.',
  ],
  [
    'an option that cdk does not have',
    ['diff', 'sandbox', '--', '--metod', 'template'],
    'there is no option of cdk diff --metod: did you mean --method?',
  ],
  ['a deploy that nobody can confirm', ['deploy', 'sandbox'], 'there is no terminal to ask on: add --yes'],
  [
    'a destroy that nobody can confirm, with options that cdk has in their several forms',
    ['destroy', 'sandbox', '--', '-vv', '--no-staging', '--context=a=b'],
    'there is no terminal to ask on: add --yes',
  ],
])('%s exits with 2 and says what to do', async (_, args, message) => {
  const { code, stderr } = await run('cdk', ...args)
  expect(code).toBe(2)
  expect(stderr).toContain(`warren: ${message}`)
})

test('knows every option of cdk, also one whose name its help breaks', async () => {
  const { code, stderr } = await run('cdk', 'deploy', 'sandbox', '--', '--hotswap-ecs-stabilization-timeout')
  expect(code).toBe(2)
  expect(stderr).toContain('did you mean --hotswap-ecs-stabilization-timeout-seconds?')
})

test.each([
  [['sandbocks'], 'did you mean sandbox?'],
  [[], "missing required argument 'environment': sandbox, production, or several"],
  [['sandbox', '--tasks-per-second', '0'], "argument '0' is invalid. It must be a number above 0."],
  [['sandbox', '--task-seconds='], "argument '' is invalid. It must be a number above 0."],
  [['sandbox', '--task-second', '1'], '(Did you mean --task-seconds?)'],
])('npm run cost with %j exits with 2 and says what to do', async (args, message) => {
  const { code, stderr } = await run('cost', ...args)
  expect(code).toBe(2)
  expect(stderr).toContain(message)
})

test('hands options after a second -- to cdk', async () => {
  const { code, stdout } = await run('cdk', 'synth', 'sandbox', '--', '--version')
  expect(code).toBe(0)
  const { version } = createRequire(import.meta.url)('aws-cdk/package.json')
  expect(stdout.split(' ')[0]).toBe(version)
})
