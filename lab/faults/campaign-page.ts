import { type Piece, sumOf } from './piece.ts'

const number = new Intl.NumberFormat('en-US')
const whole = (value: number) => number.format(value)

/** What the campaign came to, as a page: all pieces added up, and each by itself. */
export function campaignPage(pieces: readonly Piece[]): string {
  const total = (of: (piece: Piece) => number) => pieces.reduce((sum, piece) => sum + of(piece), 0)
  const faults = sumOf(pieces.map((piece) => piece.faults))
  const repeats = sumOf(pieces.map((piece) => piece.repeats))
  const struck = Object.values(faults).reduce((sum, count) => sum + count, 0)
  return `# The campaign

Runs of \`npm run faults -w lab -- --nodes 3\`, added up: ${pieces.length} pieces with as many seeds, on three RabbitMQ nodes as production has them. \`npm run campaign -w lab\` makes this page from [lab/faults/campaign.jsonl](../lab/faults/campaign.jsonl), and \`--into lab/faults/campaign.jsonl\` adds a piece.

| faults | confirmed | done | dead letters | lost | unexpected | done twice | of these not explained by a fault | wrong states in the ledger | violations |
|---|---|---|---|---|---|---|---|---|---|
| ${[
    `${whole(struck)}, of ${Object.keys(faults).length} kinds`,
    ...[
      total(({ confirmed }) => confirmed),
      total(({ done }) => done),
      total(({ deadLettered }) => deadLettered),
      total(({ lost }) => lost),
      total(({ unexpected }) => unexpected),
      total(({ doneTwice }) => doneTwice),
      total(({ doneTwiceUnexplained }) => doneTwiceUnexplained),
      total(({ statesWrong }) => statesWrong),
      total(({ violations }) => violations.length),
    ].map(whole),
  ].join(' | ')} |

The goal is 1,000,000 tasks confirmed and 1,000 faults of 40 kinds. A dead letter is a task that always fails on purpose, or that cannot be read. A violation is anything that must not be, by the harness or by [the checker](../lab/checker/README.md), a program of its own in another language that knows the guarantees of [at-least-once.md](at-least-once.md) alone.

![Tasks done per second over all pieces, and below it how often each kind of fault struck](campaign.svg)

## The pieces

| date | seed | minutes | tasks sent a second | ledger | RabbitMQ | faults | confirmed | lost | done twice | unexplained | back within ten seconds | later, with a reason | later, without |
|---|---|---|---|---|---|---|---|---|---|---|---|---|---|
${pieces.map(row).join('\n')}

What the checker said of each: ${pieces.map(({ seed, checker }) => `${seed}: ${checker}`).join('; ')}.

${violations(pieces)}## The kinds

| kind | struck | done twice because of it |
|---|---|---|
${Object.entries(faults)
  .map(([kind, count]) => `| \`${kind}\` | ${whole(count)} | ${whole(becauseOf(kind, repeats))} |`)
  .join('\n')}

## Recoveries of more than ten seconds

| reason | times |
|---|---|
${Object.entries(sumOf(pieces.map(({ later }) => later)))
  .map(([because, count]) => `| ${because} | ${whole(count)} |`)
  .join('\n')}
`
}

function row(piece: Piece): string {
  const { date, seed, minutes, rate, ledger, rabbitmq } = piece
  const cells = [
    ...[date, seed, minutes, rate, ledger ? 'yes' : 'no', rabbitmq],
    ...[Object.values(piece.faults).reduce((sum, count) => sum + count, 0), piece.confirmed, piece.lost],
    ...[piece.doneTwice, piece.doneTwiceUnexplained],
    ...[piece.withinTenSeconds, Object.values(piece.later).reduce((sum, count) => sum + count, 0)],
    piece.laterWithoutReason,
  ]
  return `| ${cells.map((cell, index) => (typeof cell === 'number' && index > 3 ? whole(cell) : cell)).join(' | ')} |`
}

/** A repeat has its fault's kind as its reason, or that and how. */
function becauseOf(kind: string, repeats: Readonly<Record<string, number>>): number {
  return Object.entries(repeats)
    .filter(([because]) => because === kind || because.startsWith(`${kind} (`))
    .reduce((sum, [, count]) => sum + count, 0)
}

function violations(pieces: readonly Piece[]): string {
  const lines = pieces.flatMap(({ seed, violations: found }) => found.map((line) => `- ${seed}: ${line}`))
  return lines.length === 0 ? '' : `## Violations, by seed\n\n${lines.join('\n')}\n\n`
}
