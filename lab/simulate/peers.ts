import { ofType, type Placed } from '../../ops/assembly.ts'
import { type Contestant, slotSpeed, type WorkerClass } from './contestant.ts'
import { kedaControls } from './kubernetes.ts'
import type { Tasks } from './loads.ts'
import { defaultCooldown } from './metric.ts'
import { alarmControls } from './ours.ts'
import { cpuTarget, defaultStopSeconds } from './parameters.ts'
import { scalingsOf, type TargetTracking } from './scaling-policy.ts'

/**
 * Others on the same queue, with workers as good as ours (prefetch 1, a task that is cut off is handed back): what differs
 * is how they are scaled, and that nothing protects a busy one. They have one worker class, the first of ours, on demand,
 * and where it is not said otherwise as much capacity at the most and as many workers at the least.
 * @param pattern the resources of CDK's QueueProcessingFargateService
 */
export function peersOf(ours: Contestant, pattern: readonly Placed[], tasks: Tasks): Contestant[] {
  const kind = only(ours)
  const [scaling] = scalingsOf(pattern)
  if (!scaling) throw new Error("CDK's QueueProcessingFargateService scales nothing")
  const { min, max } = scaling
  const cdk = (name: string, kind: WorkerClass, limits: { min: number; max: number }): Contestant => ({
    ...{ name, classes: [{ ...kind, ...limits }], pays: 'workers' },
    controls: (random) => alarmControls({ ...scaling, ...limits }, 0, [kind], random),
  })
  return [
    cdk('CDK defaults', { ...kind, ...sizeOf(pattern) }, { min, max }),
    cdk('CDK, our capacity', kind, kind),
    {
      ...{ name: 'KEDA + HPA', classes: [{ ...kind, min: 0 }], pays: 'workers' },
      controls: () => kedaControls(0, { ...kind, min: 0 }),
    },
    {
      ...{ name: `CPU at ${cpuTarget} %`, classes: [kind], pays: 'workers' },
      controls: (random) =>
        alarmControls({ target: scaling.target, ...kind, policies: [cpu] }, 0, [kind], random),
    },
    fixed('fixed at mean', kind, meanVcpu(tasks)),
    fixed('fixed at peak', kind, peakVcpu(tasks)),
  ]
}

/**
 * The ideal, which knows the future: all capacity is there whenever it is needed, and only seconds in which a slot works
 * are paid, at the cheapest class's price. No scaling of these classes waits less or costs less.
 */
export const idealOf = ({ classes }: Contestant): Contestant => ({
  name: 'ideal',
  classes: classes.map((kind) => ({ ...kind, min: kind.max })),
  controls: () => [],
  pays: 'busy seconds',
})

const cpu: TargetTracking = {
  kind: 'target tracking',
  metric: 'cpu',
  target: cpuTarget,
  scaleOutCooldown: defaultCooldown,
  scaleInCooldown: defaultCooldown,
  scalesIn: true,
}

/** All of the capacity, as workers of the first class. */
function only({ classes }: Contestant): WorkerClass {
  const [first] = classes
  if (!first) throw new Error('the environment has no worker class')
  const vcpu = vcpuOf(classes)
  const common = { spot: false, protects: false, drainSeconds: defaultStopSeconds }
  return { ...first, ...common, max: Math.ceil(vcpu / (slotSpeed(first) * first.slots)) }
}

/** What all workers can do, in seconds of work a second. */
export const vcpuOf = (classes: readonly WorkerClass[]) =>
  classes.reduce((sum, kind) => sum + kind.max * kind.slots * slotSpeed(kind), 0)

function fixed(name: string, kind: WorkerClass, vcpu: number): Contestant {
  const count = Math.min(kind.max, Math.max(1, Math.ceil(vcpu / (slotSpeed(kind) * kind.slots))))
  return { name, classes: [{ ...kind, min: count, max: count }], controls: () => [], pays: 'workers' }
}

/** Over the time in which tasks come, at least an hour. */
function meanVcpu({ arrivals, work }: Tasks): number {
  return work.reduce((sum, each) => sum + each, 0) / Math.max(arrivals.at(-1) ?? 0, 3_600)
}

/** In the worst five minutes. */
function peakVcpu({ arrivals, work }: Tasks): number {
  const sums = new Map<number, number>()
  for (const [task, at] of arrivals.entries()) {
    const window = Math.floor(at / 300)
    sums.set(window, (sums.get(window) ?? 0) + (work[task] ?? 0))
  }
  return Math.max(...sums.values()) / 300
}

function sizeOf(pattern: readonly Placed[]) {
  const [task] = ofType([{ resources: pattern } as never], 'AWS::ECS::TaskDefinition')
  const { Cpu, Memory } = task?.Properties ?? {}
  return { vcpu: Number(Cpu) / 1024, memoryGiB: Number(Memory) / 1024, architecture: 'X86_64', slots: 1 }
}
