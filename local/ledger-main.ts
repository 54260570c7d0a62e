import dynalite from 'dynalite'
import { listenOnLoopback } from './listen.ts'

/** Serves a DynamoDB in memory until SIGTERM: `node ledger-main.ts [port]`. A process of its own, as DynamoDB is. */
const server = dynalite({ createTableMs: 0 })
const port = Number(process.argv[2] ?? 0)
const listening = await listenOnLoopback(server, { port, wanted: true })
process.once('SIGTERM', () => process.exit())
console.log(JSON.stringify({ msg: 'listening', endpoint: `http://127.0.0.1:${listening}` }))
