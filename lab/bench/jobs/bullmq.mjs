// BullMQ as it documents itself: `node bullmq.mjs work`, `fill <count> <ms>` or `send <count>`. STORE (host:port of Redis),
// PEERS (the folder with node_modules) and CONCURRENCY by environment. Done jobs are removed.
import { createRequire } from 'node:module'
import { createTelling, sendSlowly } from './told.mjs'

const { STORE = '', PEERS, CONCURRENCY } = process.env
const { Queue, Worker } = createRequire(`${PEERS}/`)('bullmq')
const [host, port] = STORE.split(':')
const connection = { host, port: Number(port), maxRetriesPerRequest: null }
const options = { removeOnComplete: true, removeOnFail: true }
const [mode, count, ms] = process.argv.slice(2)

if (mode === 'work') {
  const { ready, work } = createTelling()
  const worker = new Worker('bench', ({ data }) => work(data), {
    connection,
    concurrency: Number(CONCURRENCY),
  })
  worker.on('error', (error) => console.error(error))
  await worker.waitUntilReady()
  ready()
} else {
  const queue = new Queue('bench', { connection })
  if (mode === 'send') await sendSlowly(Number(count), (data) => queue.add('job', data, options))
  else {
    const job = { name: 'job', data: { ms: Number(ms) }, opts: options }
    for (let left = Number(count); left > 0; left -= 1_000)
      await queue.addBulk(Array.from({ length: Math.min(left, 1_000) }, () => job))
  }
  await queue.close()
}
