/** Runs a bundled Lambda function once, in a process of its own: its arguments are the module and the event. */
const [bundle = '', event = ''] = process.argv.slice(2)
const { handler }: { handler(event: unknown): Promise<unknown> } = await import(bundle)
await handler(JSON.parse(event)).then(
  (result) => process.send?.({ result }),
  (error: unknown) => process.send?.({ error: error instanceof Error ? error.message : String(error) }),
)
process.disconnect()
