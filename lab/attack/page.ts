import type { Result } from './assault.ts'
import { type Attempt, type Thief, thieves } from './attempt.ts'
import type { tryRoles } from './aws.ts'
import { acceptable, awsActions } from './aws-attempts.ts'

/** Where the part of docs/attack.md about AWS begins. */
export const awsHeading = '## At AWS'

/** What came of the attack on a broker: docs/attack.md up to its part about AWS. */
export function brokerPart(broker: readonly Result[], management: readonly Result[]): string {
  const all = [...broker, ...management]
  const tried = all.length * thieves.length
  const possible = all.flatMap(({ outcomes }) => thieves.filter((thief) => outcomes[thief] === 'possible'))
  return `# Security by attack

What somebody can do who has stolen a password or a role: everything was tried, and this is what came of it. \`npm run attack -w lab\` tries it and writes this page; lab/attack/*.test.ts compare. [SECURITY.md](../SECURITY.md) lists the threats and their defences.

## At the broker

Five stolen passwords, ${all.length} attempts each on a real broker with the permissions that a deploy gives: of ${tried}, ${tried - possible.length} were refused. The sending worker is one whose handlers send tasks. "Another environment" is a second work queue on the same broker.

| tried with AMQP | ${thieves.join(' | ')} | why what is possible is acceptable |
|---|${thieves.map(() => '---|').join('')}---|
${broker.map(row).join('\n')}

| tried with the management API | ${thieves.join(' | ')} | why what is possible is acceptable |
|---|${thieves.map(() => '---|').join('')}---|
${management.map(row).join('\n')}

`
}

/** What a stolen role may do, by the policies of its template. */
export function awsPart({ possible, tried }: ReturnType<typeof tryRoles>): string {
  const rows = possible.map(({ role, action, decision, on }) =>
    [role, `\`${action}\``, on.join(', '), decision === 'possible' ? 'no' : 'yes', acceptable[action]].join(
      ' | ',
    ),
  )
  const never = awsActions.filter((action) => !possible.some((each) => each.action === action))
  return `${awsHeading}

Eight roles of an environment with a ledger, schedules, traces and a key of its own (\`test-cluster\` of the tests), each action on each thing that any of its policies names and on one that is another environment's: ${tried} requests, decided as IAM does from the synthesized templates. No boundary, endpoint or key policy is counted, which only take away. Possible is this and nothing else:

| stolen role | action | on | under a condition | why that is acceptable |
|---|---|---|---|---|
${rows.map((cells) => `| ${cells} |`).join('\n')}

Refused to all of them, on everything: ${never.map((action) => `\`${action}\``).join(', ')}.
`
}

function row({ what, why = '', outcomes }: Result): string {
  const cell = (thief: Thief) => (outcomes[thief] === 'possible' ? '**possible**' : outcomes[thief])
  return `| ${what} | ${thieves.map(cell).join(' | ')} | ${why} |`
}

/** An attempt that somebody may make must say why. */
export function unexcused(attempts: readonly Attempt[]): string[] {
  return attempts.filter(({ may, why }) => may.length > 0 && !why).map(({ what }) => what)
}
