// Preloaded into every service process of a local run (node --import). The kernel closes the channel to the parent
// when that dies, however it dies: a service never outlives the run that started it.
import { isMainThread } from 'node:worker_threads'

if (isMainThread && process.channel) {
  // listening keeps the process alive otherwise
  process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'))
  process.channel.unref()
}
