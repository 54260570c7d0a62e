import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { beside } from '../contenders.ts'

/** A DynamoDB that answers at once and keeps nothing, as a process of its own; `await using` ends it. */
export interface LedgerStub extends AsyncDisposable {
  readonly endpoint: string
}

export async function startStub(): Promise<LedgerStub> {
  const child = spawn(process.execPath, [beside('ledger/stub.mjs')], { stdio: ['pipe', 'pipe', 'inherit'] })
  const [port] = await once(child.stdout, 'data')
  return {
    endpoint: `http://127.0.0.1:${String(port).trim()}`,
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}
