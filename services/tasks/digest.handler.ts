import { createHash } from 'node:crypto'
import type { Handler } from '../contract/task-type.ts'
import type { digest } from './digest.ts'

const handler: Handler<typeof digest> = ({ rounds }, { id, log }) => {
  let sum = id
  for (let round = 0; round < rounds; round += 1) sum = createHash('sha256').update(sum).digest('hex')
  log.debug('digest', { sum })
  return { sum }
}
export default handler
