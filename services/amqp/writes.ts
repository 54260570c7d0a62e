import type { Socket } from 'node:net'
import type { ChannelModel } from 'amqplib'

/**
 * Sends everything that is written to the connection in one turn of the event loop with one system call. amqplib writes
 * for each channel separately. When the tasks of hundreds of slots end together, that would be hundreds of calls of
 * some 10 µs each, more than everything else that a task without work costs here.
 */
export function writeTogether({ connection }: ChannelModel): void {
  const { stream } = connection as unknown as { readonly stream: Socket }
  const write = stream.write.bind(stream)
  let isHeld = false
  stream.write = ((...chunk: Parameters<typeof write>) => {
    if (!isHeld) {
      isHeld = true
      stream.cork()
      // this does not delay what waits for the ack: it runs right after the writes, before anything else
      process.nextTick(() => {
        isHeld = false
        stream.uncork()
      })
    }
    return write(...chunk)
  }) as typeof stream.write
}
