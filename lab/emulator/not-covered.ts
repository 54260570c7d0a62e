import type { Coverage } from './coverage.ts'

/** What a run under the emulator says nothing about, a line each. */
export function notCovered({ resources }: Coverage): string[] {
  const unknown = Object.entries(resources).flatMap(([name, outcome]) =>
    outcome === 'unknown' ? [name] : [],
  )
  return [
    '',
    'Not covered:',
    `  left out, since the emulator does not know them: ${unknown.join(', ')}`,
    '  workers: the emulator runs no containers here, so nothing takes the tasks; npm run rehearse -w lab does',
    '  metrics: the emulator makes none of log lines, so status finds no figures; npm run rehearse -w lab reads the lines',
    '  IAM and networks: the emulator lets everything pass; test/infra/security.test.ts reads the rules',
    '',
  ]
}
