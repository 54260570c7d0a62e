// What the programs here tell the benchmark, a line of JSON each: ready, how many jobs are done by when, and how long each
// that was sent to an idle system waited. All clocks are the machine's monotonic one, the same for every process.
import { setTimeout as delay } from 'node:timers/promises'

export const nowUs = () => Number(process.hrtime.bigint() / 1_000n)
const say = (line) => console.log(JSON.stringify(line))

export function createTelling() {
  let done = 0
  let told = 0
  setInterval(() => {
    if (done === told) return
    told = done
    say({ done, atUs: nowUs() })
  }, 25)
  return {
    ready: () => say({ ready: true }),
    // does a job: `at` is there where it is to be timed
    async work({ ms, at }) {
      if (at !== undefined) say({ waitedUs: nowUs() - at })
      if (ms > 0) await delay(ms)
      done += 1
    },
  }
}

// Sends one job after the other, each when the last one was surely begun.
export async function sendSlowly(count, send) {
  for (let sent = 0; sent < count; sent += 1) {
    await delay(20 + 20 * Math.random())
    const at = nowUs()
    await send({ ms: 0, at })
  }
}
