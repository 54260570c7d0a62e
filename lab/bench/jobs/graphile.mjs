// graphile-worker as it documents itself: `node graphile.mjs work`, `fill <count> <ms>` or `send <count>`. STORE (connection
// string of PostgreSQL), PEERS (the folder with node_modules) and CONCURRENCY by environment. From 16 at a time on it has
// what its documentation gives for throughput: a local queue, and completions in batches.
import { createRequire } from 'node:module'
import { createTelling, sendSlowly } from './told.mjs'

const { STORE: connectionString, PEERS, CONCURRENCY } = process.env
const { Logger, makeWorkerUtils, run } = createRequire(`${PEERS}/`)('graphile-worker')
const logger = new Logger(() => () => undefined)
const [mode, count, ms] = process.argv.slice(2)

if (mode === 'work') {
  const { ready, work } = createTelling()
  const concurrentJobs = Number(CONCURRENCY)
  const batches = { localQueue: { size: 4 * concurrentJobs }, completeJobBatchDelay: 0, failJobBatchDelay: 0 }
  const worker = {
    ...{ connectionString, concurrentJobs, maxPoolSize: Math.min(20, concurrentJobs + 2) },
    ...(concurrentJobs >= 16 ? batches : {}),
  }
  await run({
    preset: { worker },
    logger,
    noHandleSignals: true,
    taskList: { bench: (payload) => work(payload) },
  })
  ready()
} else {
  const utils = await makeWorkerUtils({ connectionString, logger })
  await utils.migrate()
  if (mode === 'send') await sendSlowly(Number(count), (payload) => utils.addJob('bench', payload))
  else if (mode === 'fill') {
    const fill = `select graphile_worker.add_job('bench', json_build_object('ms', $1::int)) from generate_series(1, $2::int)`
    await utils.withPgClient((client) => client.query(fill, [ms, count]))
  }
  await utils.release()
}
