import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { namesOf } from '../../infra/names.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'warren-smoke-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function command(name: string, script: string): void {
  writeFileSync(join(folder, name), `#!/usr/bin/env bash\n${script}\n`)
  chmodSync(join(folder, name), 0o755)
}

const outputs = [
  { OutputKey: 'Endpoint', OutputValue: 'https://api.example' },
  { OutputKey: 'Region', OutputValue: 'eu-central-1' },
  { OutputKey: 'WorkerLogGroups', OutputValue: JSON.stringify({ small: 'logs-small', large: 'logs-large' }) },
]

/** Stand-ins for `aws` and `curl`: what was posted is in the logs of the two classes, but for what a class lost. */
function deployed({ small, large }: { small: number; large: number }): void {
  const events = (from: number, count: number) =>
    `jq '{events: [.tasks[${from}:${from + count}][] | {message: ({msg: "task", id: .id, outcome: "done"} | tostring)}]}' "${folder}/posted.json"`
  command(
    'aws',
    `echo "$*" >>"${folder}/aws.log"
case "$*" in
  *describe-stacks*${namesOf('sandbox').workQueueStack}*) echo '${JSON.stringify(outputs)}' ;;
  *logs-small*) ${events(0, small)} ;;
  *logs-large*) ${events(small, large)} ;;
  *) exit 1 ;;
esac`,
  )
  command(
    'curl',
    `echo "$*" >>"${folder}/curl.log"
while [ $# -gt 0 ]; do
  case "$1" in
    --config) cat "$2" >"${folder}/user" ;;
    --data-binary) cp "\${2#@}" "${folder}/posted.json" ;;
  esac
  shift
done`,
  )
}

function smokeTest(seconds: number): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = {
    PATH: `${folder}:${process.env['PATH']}`,
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'never-on-a-command-line',
    AWS_SESSION_TOKEN: 'nor-this',
    GITHUB_STEP_SUMMARY: join(folder, 'summary.md'),
    SMOKE_SECONDS: String(seconds),
  }
  return new Promise((done) => {
    execFile('.github/smoke-test', ['sandbox'], { env }, (error, stdout, stderr) =>
      done({ code: error ? Number(error.code) : 0, stdout, stderr }),
    )
  })
}

test('sends 50 tasks of different ids and says which class did how many', async () => {
  deployed({ small: 10, large: 40 })
  const { code, stdout, stderr } = await smokeTest(60)
  expect(stderr).toBe('')
  expect(code).toBe(0)
  expect(stdout).toContain('50 of 50 done')
  expect(readFileSync(join(folder, 'summary.md'), 'utf8')).toBe(
    '| worker class | of 50 tasks |\n|---|---|\n| small | 10 |\n| large | 40 |\n',
  )
  const { tasks } = JSON.parse(readFileSync(join(folder, 'posted.json'), 'utf8'))
  expect(new Set(tasks.map(({ id }: { id: string }) => id)).size).toBe(50)
  expect(new Set(tasks.map(({ type }: { type: string }) => type))).toEqual(new Set(['digest']))
})

test('fails when a task is missing after the time allowed', async () => {
  deployed({ small: 10, large: 39 })
  const { code, stderr } = await smokeTest(0)
  expect(code).toBe(1)
  expect(stderr).toMatch(/^only 49 of 50 tasks were done within 0 s/)
})

test('signs the request, and puts no credential on a command line', async () => {
  deployed({ small: 25, large: 25 })
  await smokeTest(60)
  const curl = readFileSync(join(folder, 'curl.log'), 'utf8')
  expect(curl).toContain('--aws-sigv4 aws:amz:eu-central-1:execute-api')
  expect(curl).toContain('https://api.example/tasks')
  expect(curl).not.toMatch(/never-on-a-command-line|nor-this/)
  expect(readFileSync(join(folder, 'user'), 'utf8')).toBe('user = "AKIDEXAMPLE:never-on-a-command-line"\n')
})
