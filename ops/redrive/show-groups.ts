import { price, size } from '../figures.ts'
import { type Call, commandThatMoves } from './call.ts'
import { groupTable } from './group-table.ts'
import { groupsOf } from './groups.ts'
import { type Selected, select } from './select.ts'

/** Prints the dead letters by type and last error. */
export async function showGroups(call: Call): Promise<number> {
  const selected = await select(call)
  const groups = groupsOf(selected.letters)
  const { matched, deadLetters, scanned, unread, read } = selected
  const facts = { matched, deadLetters, scanned, read, ...(unread === undefined ? {} : { unread }) }
  if (call.json) console.log(JSON.stringify({ environment: call.target.name, groups, ...facts }))
  else console.log(report(selected, groups))
  return 0
}

function report(
  { letters, matched, deadLetters, scanned, unread, read }: Selected,
  groups: ReturnType<typeof groupsOf>,
): string {
  if (deadLetters === 0) return 'there are no dead letters'
  if (letters.length === 0) return `none of the ${deadLetters.toLocaleString('en')} dead letters matches`
  const seen =
    scanned < deadLetters
      ? [
          `there was time to look at ${scanned.toLocaleString('en')} of them: select some of them, or move some first`,
        ]
      : []
  const part = letters.length < matched ? `, the first ${letters.length.toLocaleString('en')} are shown` : ''
  return [
    ...groupTable(groups, Date.now(), process.stdout.columns ?? Number.POSITIVE_INFINITY),
    '',
    `${matched.toLocaleString('en')} of ${deadLetters.toLocaleString('en')} dead letters${part}; nothing was moved`,
    ...seen,
    unread === undefined
      ? `numbers and ids in errors are shown as #${read.usd > 0 ? `; ${size(read.bytes)} of logs were searched, for ${price(read.usd)}` : ''}`
      : `${unread}: add --scan to see why they died`,
    '  --list shows single ones, --error <text> selects a group',
    `  to move them: ${commandThatMoves()}`,
  ].join('\n')
}
