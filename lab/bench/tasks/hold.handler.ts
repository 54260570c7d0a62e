const never = new Int32Array(new SharedArrayBuffer(4))

/** Timers of Node are a millisecond late or more; this wait ends within a tenth of one. */
const handler = ({ ms }: { readonly ms: number }) => {
  Atomics.wait(never, 0, 0, ms)
}
export default handler
