/** Runs a bundled Lambda function, whose module is the argument: answers each event that the parent sends, until `end`. */
const { handler }: { handler(event: unknown): Promise<unknown> } = await import(process.argv[2] ?? '')
process.on('message', (event) => {
  if (event === 'end') return process.disconnect()
  handler(event).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ error: error instanceof Error ? error.message : String(error) }),
  )
})
