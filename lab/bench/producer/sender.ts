import { eventOf, type RequestShape } from './request.ts'
import { ways } from './ways.ts'

/**
 * One way to publish, in a process of its own as an execution environment of a Lambda function is:
 * `node sender.ts <way> <the producer's bundle>`. It says how long its code took to load, and from then on answers
 * each {@link RequestShape} with how long such a request took: from the event, which is in memory, to the last confirm.
 */
export type Answer = { readonly ms: number } | { readonly error: string }

const [name, bundle = ''] = process.argv.slice(2)
const say = (answer: Answer) => process.send?.(answer)
const time = async <Value>(work: () => Promise<Value>) => {
  const startedAt = performance.now()
  const value = await work()
  return { value, ms: performance.now() - startedAt }
}

try {
  const { value: send, ms } = await time(() => ways[name as keyof typeof ways](bundle))
  process.on('message', (shape: RequestShape) => {
    const event = eventOf(shape)
    time(() => send(event)).then(say, (error) => say({ error: String(error) }))
  })
  process.on('disconnect', () => process.exit())
  say({ ms })
} catch (error) {
  say({ error: String(error) })
}
