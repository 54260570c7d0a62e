import { cpus } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'

const resolutionMs = 10
/** From here on the machine is too busy for milliseconds to mean much. */
const busyCpu = 0.8
const busyDelayMs = 20

/** Watches how busy the machine is until asked: in words when it was, undefined when it was quiet. */
export function watchLoad(): () => string | undefined {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs })
  delay.enable()
  const before = cpuTimes()
  return () => {
    delay.disable()
    const after = cpuTimes()
    const cpu = 1 - (after.idle - before.idle) / Math.max(1, after.all - before.all)
    // the monitor's own interval is part of what it measures
    const late = Math.max(0, delay.percentile(99) / 1e6 - resolutionMs)
    if (cpu < busyCpu && late < busyDelayMs) return undefined
    return `CPU ${Math.round(cpu * 100)} % in use, timers up to ${Math.round(late)} ms late`
  }
}

function cpuTimes() {
  const times = cpus().map((cpu) => cpu.times)
  const idle = times.reduce((sum, time) => sum + time.idle, 0)
  const all = times.reduce((sum, time) => sum + time.user + time.nice + time.sys + time.idle + time.irq, 0)
  return { idle, all }
}
