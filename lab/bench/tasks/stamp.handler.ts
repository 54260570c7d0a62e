/** Says how long it has waited, by the machine's monotonic clock: the first thing that a handler does. */
const handler = ({ at }: { readonly at: number }) => {
  const waitedUs = Number(process.hrtime.bigint() / 1_000n) - at
  process.stdout.write(`${JSON.stringify({ waitedUs })}\n`)
}
export default handler
