import { outputs } from '../../infra/outputs.ts'
import { ofType, type Stack } from '../../ops/assembly.ts'
import { fargateServices, mentions } from '../../ops/fargate.ts'
import type { SleepingClass } from '../../services/probe/metrics.ts'
import type { Random } from '../random.ts'
import type { Contestant, Control, WorkerClass } from './contestant.ts'
import { measurement } from './metrics.ts'
import { alarmLagSeconds, metricSeconds } from './parameters.ts'
import { createScaling } from './scaling-model.ts'
import { type Scaling, type ScalingPolicy, scalingsOf } from './scaling-policy.ts'

/** The worker classes of an environment's default queue with the scaling that its templates say. */
export function ours(stacks: readonly Stack[]): Contestant {
  return contestant('Warren', stacks, (policy) => [policy])
}

/** The same with target tracking in place of steps, to the same targets: what most templates do. */
export function tracked(stacks: readonly Stack[]): Contestant {
  const cooldowns = { scaleOutCooldown: 90, scaleInCooldown: 300 }
  return contestant('target tracking', stacks, (policy) => {
    if (policy.kind === 'target tracking' || !policy.percent) return [policy]
    const { metric, threshold: target, comparison } = policy
    if (comparison !== 'GreaterThanThreshold') return []
    return [{ kind: 'target tracking', metric, target, ...cooldowns, scalesIn: true }]
  })
}

function contestant(
  title: string,
  allStacks: readonly Stack[],
  change: (policy: ScalingPolicy) => ScalingPolicy[],
): Contestant {
  // the one with the endpoint: classes of other queues do none of its tasks
  const stacks = allStacks.filter(({ template }) => template.Outputs?.[outputs.endpoint])
  const scalings = scalingsOf(stacks.flatMap(({ resources }) => resources)).map((scaling) => ({
    ...scaling,
    policies: scaling.policies.flatMap(change),
  }))
  const scaled = fargateServices(stacks).map((service) => {
    const { vcpu, memoryGiB, architecture, spot, slots, minTasks: min, maxTasks: max } = service
    const name = String(service.service.Properties?.['ServiceName'])
    const scaling = scalings.find(({ target }) => mentions(target, `"${service.service.logicalId}"`))
    const drainSeconds = Number(variable(service.taskDefinition.Properties, 'DRAIN_SECONDS'))
    const kind = { name, vcpu, memoryGiB, architecture, spot, slots, min, max, drainSeconds, protects: true }
    return { kind, scaling }
  })
  const classes = scaled.map(({ kind }) => kind)
  const probe = probeOf(stacks)
  return {
    name: title,
    classes,
    pays: 'workers',
    controls: (random) =>
      scaled.flatMap(({ scaling }, index) =>
        scaling ? alarmControls(scaling, index, classes, random, probe) : [],
      ),
  }
}

/** A control for each policy of a service that Application Auto Scaling scales. */
export function alarmControls(
  { policies, min, max }: Scaling,
  index: number,
  classes: readonly WorkerClass[],
  random: Random,
  probe: Probe = { sleeping: [], everySeconds: metricSeconds },
): Control[] {
  const clocks = random.next()
  return policies.map((policy) => {
    const steps = policy.kind === 'step scaling'
    const everySeconds = steps ? probe.everySeconds : metricSeconds
    const { from, to } = alarmLagSeconds(steps ? policy.periodSeconds : metricSeconds)
    return {
      ...{ class: index, everySeconds, lagSeconds: from + (to - from) * clocks },
      measure: measurement(policy.metric, index, classes, probe.sleeping),
      decide: createScaling(policy, { min, max }, everySeconds),
    }
  })
}

/** What the template tells the queue probe. */
interface Probe {
  readonly sleeping: readonly SleepingClass[]
  readonly everySeconds: number
}

function probeOf(stacks: readonly Stack[]): Probe {
  const all = ofType(stacks, 'AWS::Lambda::Function').map(({ Properties }) => {
    const { Variables } = (Properties?.['Environment'] ?? {}) as { Variables?: Record<string, unknown> }
    return Variables ?? {}
  })
  const [{ WAKE_UP = '[]', PROBE_SECONDS = metricSeconds } = {}] = all.filter((each) => 'WAKE_UP' in each)
  return { sleeping: JSON.parse(String(WAKE_UP)), everySeconds: Number(PROBE_SECONDS) }
}

function variable(properties: unknown, name: string): string | undefined {
  return new RegExp(`"Name":"${name}","Value":"([^"]*)"`).exec(JSON.stringify(properties))?.[1]
}
