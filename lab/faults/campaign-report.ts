import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { command } from '../../ops/command-line/command.ts'
import { runCommand } from '../../ops/command-line/lifecycle.ts'
import { campaignPage } from './campaign-page.ts'
import { campaignPicture } from './campaign-picture.ts'
import { readPieces } from './piece.ts'

const program = command(
  'npm run campaign -w lab',
  `Adds up the pieces of lab/faults/campaign.jsonl, which npm run faults -w lab -- --nodes 3 --into writes, and makes
docs/campaign.md and docs/campaign.svg of them.`,
  'npm run campaign -w lab',
)

await runCommand(program, async () => {
  const pieces = await readPieces(resolve(import.meta.dirname, 'campaign.jsonl'))
  const docs = resolve(import.meta.dirname, '../../docs')
  await writeFile(resolve(docs, 'campaign.md'), campaignPage(pieces))
  await writeFile(resolve(docs, 'campaign.svg'), campaignPicture(pieces))
  console.log(`${pieces.length} pieces: docs/campaign.md, docs/campaign.svg`)
  return 0
})
