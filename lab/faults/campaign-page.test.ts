import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import { campaignPage } from './campaign-page.ts'
import { campaignPicture } from './campaign-picture.ts'
import { type Piece, readPieces, sumOf } from './piece.ts'

const piece: Piece = {
  ...{ date: '2026-01-02', seed: 1, minutes: 25, rate: 200, nodes: 3, ledger: false, rabbitmq: '4.3.6' },
  ...{ attempted: 1_200, confirmed: 1_100, done: 1_000, deadLettered: 100, lost: 0, unexpected: 0 },
  ...{ doneTwice: 3, doneTwiceUnexplained: 0, statesWrong: 0, faults: { 'leader-killed': 2 } },
  repeats: { 'leader-killed': 2, 'leader-killed (sent twice)': 1 },
  ...{ withinTenSeconds: 1, later: { 'the run ended': 1 }, laterWithoutReason: 0, violations: [] },
  ...{ checker: 'no violation', doneInTenSeconds: [500, 500] },
}
const other: Piece = {
  ...piece,
  ...{
    seed: 2,
    lost: 1,
    violations: ['1 tasks lost'],
    faults: { 'all-nodes-killed': 1, 'leader-killed': 3 },
  },
}

it('adds up all pieces, shows each, and hides no violation', () => {
  const page = campaignPage([piece, other])
  expect(page).toContain('| 6, of 2 kinds | 2,200 | 2,000 | 200 | 1 | 0 | 6 | 0 | 0 | 1 |')
  expect(page).toContain('| 2026-01-02 | 1 | 25 | 200 | no | 4.3.6 | 2 | 1,100 | 0 | 3 | 0 | 1 | 1 | 0 |')
  expect(page).toContain('| `leader-killed` | 5 | 6 |')
  expect(page).toContain('- 2: 1 tasks lost')
  expect(page).toContain('| the run ended | 2 |')
})

it('draws every kind', () => {
  const svg = campaignPicture([piece, other])
  for (const kind of Object.keys(sumOf([piece.faults, other.faults]))) expect(svg).toContain(kind)
})

it('the committed page is what its pieces come to (npm run campaign -w lab writes it again)', async (context) => {
  const file = resolve(import.meta.dirname, 'campaign.jsonl')
  if (!existsSync(file)) context.skip('no piece of a campaign is committed')
  const page = readFileSync(resolve(import.meta.dirname, '../../docs/campaign.md'), 'utf8')
  expect(page).toBe(campaignPage(await readPieces(file)))
})
