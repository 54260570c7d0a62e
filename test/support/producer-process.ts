import { startHttpFront } from '../../local/http-front.ts'

/**
 * The bundled producer in a process of its own, as Lambda runs it: behind HTTP, and for direct invocations as messages
 * `{ invocation, event }` from the parent.
 */
interface Invocation {
  readonly invocation: number
  readonly event: unknown
}

const [bundle = ''] = process.argv.slice(2)
const { handler }: { handler(event: unknown): Promise<unknown> } = await import(bundle)
const front = await startHttpFront({ handler, port: 0 })

process.on('message', ({ invocation, event }: Invocation) => {
  handler(event).then(
    (result) => process.send?.({ invocation, result }),
    (error: unknown) =>
      process.send?.({ invocation, error: error instanceof Error ? error.message : String(error) }),
  )
})
process.on('disconnect', () => process.exit())
process.send?.({ url: front.url })
