import { pathToFileURL } from 'node:url'
import { startHttpFront } from './http-front.ts'

/**
 * Serves a bundle of the producer over HTTP until SIGTERM: `node producer-main.ts <index.mjs> [port]`. A process of
 * its own, as each execution environment of a Lambda function is: the handler reads its environment once, when loaded.
 */
const [bundle = '', port] = process.argv.slice(2)
try {
  const { handler, close } = await import(pathToFileURL(bundle).href)
  const front = await startHttpFront({ handler, ...(port === undefined ? {} : { port: Number(port) }) })
  process.once('SIGTERM', async () => {
    await front.close()
    await close()
  })
  console.log(JSON.stringify({ msg: 'listening', endpoint: front.url }))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
