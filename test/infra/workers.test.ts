import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Template } from 'aws-cdk-lib/assertions'
import { describe, expect, test } from 'vitest'
import { namesOf } from '../../infra/names.ts'
import type { WorkerClass } from '../../infra/settings/environment.ts'
import { workQueue } from '../../infra/settings/work-queue.ts'
import { slotsOf } from '../../infra/settings/worker-class.ts'
import { metrics } from '../../services/contract/metrics.ts'
import { lastLookSeconds } from '../../services/probe/minute.ts'
import {
  allResources,
  type EnvironmentName,
  environment,
  environmentNames,
  type Resource,
  resourcesOf,
  stacks,
  templates,
} from './synth.ts'

const named = (pairs: { Name: string; Value: unknown }[]) =>
  Object.fromEntries(pairs.map(({ Name, Value }) => [Name, Value]))
const containers = (name: EnvironmentName) =>
  allResources(name, 'AWS::ECS::TaskDefinition').map(([, { Properties }]) => ({
    task: Properties,
    container: Properties.ContainerDefinitions[0],
    variables: named(Properties.ContainerDefinitions[0].Environment),
  }))

describe.each(environmentNames)('%s', (name) => {
  const { queue, workers, probeSeconds = 60 } = environment(name).workQueue

  test('all classes take from the same queue, with manual ack and prefetch 1', () => {
    const all = containers(name)
    expect(all).toHaveLength(workers.length)
    expect(new Set(all.map(({ variables }) => variables['QUEUE_NAME']))).toEqual(new Set([queue]))
    for (const { variables } of all)
      expect(variables).toMatchObject({ WORKER_ACK: 'manual', WORKER_PREFETCH: '1' })
  })

  test('each class is what the environment says', () => {
    const seen = containers(name).map(({ task, variables }) => ({
      name: variables['WORKER_CLASS'],
      cpu: Number(task.Cpu),
      memoryMiB: Number(task.Memory),
      slots: Number(variables['WORKER_SLOTS']),
      architecture: task.RuntimePlatform.CpuArchitecture,
    }))
    expect(seen).toEqual(
      workers.map((worker) => ({
        name: worker.name,
        cpu: worker.cpu,
        memoryMiB: worker.memoryMiB,
        slots: slotsOf(worker),
        architecture: worker.architecture,
      })),
    )
  })

  test('a worker has no root, no writable disk but /tmp, an init process and all the time that Fargate gives to stop', () => {
    for (const { container } of containers(name)) {
      expect(container).toMatchObject({
        User: '1000',
        ReadonlyRootFilesystem: true,
        StopTimeout: 120,
        LinuxParameters: {
          InitProcessEnabled: true,
          Tmpfs: [{ ContainerPath: '/tmp', MountOptions: ['rw', 'nosuid', 'nodev'], Size: 64 }],
        },
      })
      expect(container).not.toHaveProperty('MountPoints.0')
    }
  })

  test('nobody gets a shell in a worker: no service has ECS Exec', () => {
    const services = allResources(name, 'AWS::ECS::Service')
    expect(services.map(([, { Properties }]) => Properties.EnableExecuteCommand ?? false)).toEqual(
      workers.map(() => false),
    )
  })

  test('a worker’s health check starts no second Node process', () => {
    for (const { container, variables } of containers(name)) {
      const [, shell, , script] = container.HealthCheck.Command
      expect([shell, script]).toEqual([
        'bash',
        expect.stringContaining(`/dev/tcp/127.0.0.1/${variables['HEALTH_PORT']}`),
      ])
    }
  })

  test('a worker does not wait for its logs', () => {
    for (const { container } of containers(name))
      expect(container.LogConfiguration).toMatchObject({
        LogDriver: 'awslogs',
        Options: { mode: 'non-blocking', 'max-buffer-size': '26214400b' },
      })
  })

  test('deployments roll back, never leave a class without a task, and do not move tasks between zones', () => {
    const services = allResources(name, 'AWS::ECS::Service')
    expect(services).toHaveLength(workers.length)
    for (const [, { Properties }] of services) {
      expect(Properties).toMatchObject({
        AvailabilityZoneRebalancing: 'DISABLED',
        DeploymentConfiguration: {
          DeploymentCircuitBreaker: { Enable: true, Rollback: true },
          MinimumHealthyPercent: 100,
          MaximumPercent: 200,
        },
        PropagateTags: 'SERVICE',
      })
      // given, each deployment would undo what scaling has done
      expect(Properties).not.toHaveProperty('DesiredCount')
      // between a launch type and a provider a service with a name cannot be changed at all
      expect(Properties).not.toHaveProperty('LaunchType')
    }
  })

  test('each service runs on its capacity provider, which is there before it and after it', () => {
    const [[associations]] = allResources(name, 'AWS::ECS::ClusterCapacityProviderAssociations') as [
      [string, Resource],
    ]
    const services = allResources(name, 'AWS::ECS::Service')
    expect(
      services.map(([, { Properties }]) => Properties.CapacityProviderStrategy[0].CapacityProvider),
    ).toEqual(workers.map(({ spot }) => (spot ? 'FARGATE_SPOT' : 'FARGATE')))
    for (const [, { DependsOn }] of services) expect(DependsOn).toContain(associations)
  })

  test('a worker may protect tasks of its own cluster, and send spans to X-Ray where it has to: that is all its role may do', () => {
    const statements = allResources(name, 'AWS::IAM::Policy')
      .filter(([id]) => /Worker.*TaskRoleDefaultPolicy/.test(id))
      .map(([, { Properties }]) => Properties.PolicyDocument.Statement)
    const [[cluster]] = allResources(name, 'AWS::ECS::Cluster') as [[string, Resource]]
    expect(statements).toHaveLength(workers.length)
    for (const [statement, ...more] of statements) {
      const spans = more.flatMap(({ Action }: { Action: string[] }) => Action)
      expect(spans.filter((action: string) => !action.startsWith('xray:Put'))).toEqual([])
      if (environment(name).tracing?.to !== 'xray') expect(more).toEqual([])
      expect(statement.Action).toEqual(['ecs:GetTaskProtection', 'ecs:UpdateTaskProtection'])
      expect(JSON.stringify(statement.Resource)).toMatch(
        new RegExp(`:task/",\\{"Ref":"${cluster}"\\},"/\\*"`),
      )
    }
  })

  test('every class follows the backlog per slot, with a target of its own', () => {
    const alarms = allResources(name, 'AWS::CloudWatch::Alarm').filter(
      ([id, { Properties }]) => /Scaling(Out|In)Alarm/.test(id) && Properties.MetricName === 'BacklogPerSlot',
    )
    for (const [id, { Properties }] of alarms)
      expect(Properties, id).toMatchObject({
        Namespace: namesOf(name).metricsNamespace,
        Dimensions: [{ Name: 'Queue', Value: queue }],
        ...{ Statistic: 'Average', TreatMissingData: 'notBreaching' },
      })
    const seen = alarms.map(([, { Properties }]) => [
      ...[Properties.ComparisonOperator, Properties.Threshold],
      Properties.EvaluationPeriods * Properties.Period,
    ])
    expect(seen).toEqual(
      workers.flatMap(({ backlogPerSlot }) => [
        ['GreaterThanThreshold', backlogPerSlot, probeSeconds],
        ['LessThanThreshold', 0.7, probeSeconds < 60 ? 180 : 300],
      ]),
    )
    const targets = allResources(name, 'AWS::ApplicationAutoScaling::ScalableTarget').map(
      ([, { Properties }]) => [Properties.MinCapacity, Properties.MaxCapacity],
    )
    expect(targets).toEqual(workers.map(({ minTasks, maxTasks }) => [minTasks, maxTasks]))
  })

  test('steps out grow with the multiples of the target, steps in never take all', () => {
    const steps = allResources(name, 'AWS::ApplicationAutoScaling::ScalingPolicy')
      .map(([, { Properties }]) => Properties.StepScalingPolicyConfiguration)
      .filter(({ AdjustmentType }) => AdjustmentType === 'PercentChangeInCapacity')
    const changes = steps.map(({ StepAdjustments }) =>
      StepAdjustments.map(
        (step: Record<string, number>) =>
          [step['MetricIntervalLowerBound'], step['ScalingAdjustment']] as const,
      ),
    )
    expect(changes).toEqual(
      workers.flatMap(({ backlogPerSlot: target }) => [
        [
          [0, 50],
          [2 * target, 200],
          [9 * target, 900],
        ],
        [
          [-0.4, -20],
          [undefined, -50],
        ],
      ]),
    )
    // else a class at zero would start for any backlog above its target, whatever its wake-up is
    expect(steps.filter(({ MinAdjustmentMagnitude }) => MinAdjustmentMagnitude !== undefined)).toEqual([])
  })

  test('a class that can be at zero, and no other, gets its first task by an alarm', () => {
    const alarms = allResources(name, 'AWS::CloudWatch::Alarm').filter(
      ([, { Properties }]) => Properties.MetricName === 'WakeUp',
    )
    const sleepers = workers.filter(({ minTasks }) => minTasks === 0)
    expect(alarms.map(([, { Properties }]) => Properties)).toEqual(
      sleepers.map((worker) =>
        expect.objectContaining({
          Threshold: 1,
          ComparisonOperator: 'GreaterThanOrEqualToThreshold',
          Dimensions: [
            { Name: 'Queue', Value: queue },
            { Name: 'WorkerClass', Value: worker.name },
          ],
        }),
      ),
    )
    const steps = allResources(name, 'AWS::ApplicationAutoScaling::ScalingPolicy').filter(
      ([, { Properties }]) => Properties.StepScalingPolicyConfiguration.AdjustmentType === 'ChangeInCapacity',
    )
    expect(steps.map(([, { Properties }]) => Properties.StepScalingPolicyConfiguration)).toEqual(
      sleepers.map(() => ({
        AdjustmentType: 'ChangeInCapacity',
        Cooldown: 300,
        StepAdjustments: [{ MetricIntervalLowerBound: 0, ScalingAdjustment: 1 }],
      })),
    )
  })
})

describe.each([...workQueue.shape.probeSeconds.unwrap().values])(
  'a queue that is read every %i s',
  (seconds) => {
    const { workQueue: stack } = stacks('test-cluster', {
      workQueue: { ...environment('test-cluster').workQueue, probeSeconds: seconds },
    })
    const template = Template.fromStack(stack)
    const alarms = resourcesOf(template, 'AWS::CloudWatch::Alarm')
      .filter(([, { Properties }]) =>
        /ScalingPolicy|Scaling(Out|In|WakeUp)/.test(JSON.stringify(Properties.AlarmActions)),
      )
      .map(([id, { Properties }]) => ({ id, ...Properties }))

    test('has alarms that look as often as it is read: a slower one in would undo what the one out has done', () => {
      expect(alarms).toHaveLength(5)
      expect(alarms.map(({ Period }) => Period)).toEqual(alarms.map(() => seconds))
    })

    test('has every metric of such an alarm as finely as the alarm looks', () => {
      for (const { Period, MetricName } of alarms)
        expect(metrics[MetricName as keyof typeof metrics].resolution, MetricName).toBeLessThanOrEqual(
          Period < 60 ? 1 : 60,
        )
    })

    test('has a probe that looks so often, and time for the last look before the next run', () => {
      const [[, { Properties }]] = resourcesOf(template, 'AWS::Lambda::Function').filter(([id]) =>
        id.startsWith('QueueProbeFunction'),
      ) as [[string, Resource]]
      expect(Properties.Environment.Variables).toMatchObject({ PROBE_SECONDS: String(seconds) })
      expect(Properties.Timeout).toBeLessThan(60)
      if (seconds < 60) expect(Properties.Timeout).toBeGreaterThan(lastLookSeconds)
    })
  },
)

test('tasks have a public address only where nothing else is their way to AWS', () => {
  const addresses = environmentNames.map((name) => [
    name,
    ...new Set(
      allResources(name, 'AWS::ECS::Service').map(
        ([, { Properties }]) => Properties.NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp,
      ),
    ),
  ])
  expect(addresses).toEqual(
    environmentNames.map((name) => {
      const { network } = environment(name)
      const needed = 'egress' in network && network.egress === 'public-address'
      return [name, needed ? 'ENABLED' : 'DISABLED']
    }),
  )
  expect(addresses.flat()).toEqual(expect.arrayContaining(['ENABLED', 'DISABLED']))
})

test('a class has other least tasks at the times that it names, and no class else', () => {
  const { workQueue: settings } = environment('test-one-node')
  const [small, ...others] = settings.workers as [WorkerClass, ...WorkerClass[]]
  const schedule = [
    { cron: '0 7 ? * MON-FRI *', minTasks: 3, timeZone: 'Europe/Berlin' },
    { cron: '0 19 ? * MON-FRI *', minTasks: 1 },
  ]
  const { workQueue } = stacks('test-one-node', {
    workQueue: { ...settings, workers: [{ ...small, schedule }, ...others] },
  })
  const targets = resourcesOf(Template.fromStack(workQueue), 'AWS::ApplicationAutoScaling::ScalableTarget')
  const [scheduled, ...rest] = targets.map(([, { Properties }]) => Properties)
  expect(scheduled.MinCapacity).toBe(small.minTasks)
  // a most that is not given stays what it is
  expect(scheduled.ScheduledActions).toEqual([
    {
      ...{ ScheduledActionName: 'Time0', Schedule: 'cron(0 7 ? * MON-FRI *)', Timezone: 'Europe/Berlin' },
      ScalableTargetAction: { MinCapacity: 3 },
    },
    {
      ...{ ScheduledActionName: 'Time1', Schedule: 'cron(0 19 ? * MON-FRI *)' },
      ScalableTargetAction: { MinCapacity: 1 },
    },
  ])
  expect(rest.filter(({ ScheduledActions = [] }) => ScheduledActions.length > 0)).toEqual([])
})

test('images are built for the CPU that their class runs on', () => {
  const [small, large] = environment('test-one-node').workQueue.workers
  if (!small || !large) throw new Error('there are two classes')
  const { workQueue } = environment('test-one-node')
  const workers = [small, { ...large, architecture: 'X86_64' as const }]
  const { app } = stacks('test-one-node', { workQueue: { ...workQueue, workers } })
  const { directory, stacks: made } = app.synth()
  const assets = made.flatMap(({ stackName }) =>
    Object.values(
      JSON.parse(readFileSync(join(directory, `${stackName}.assets.json`), 'utf8')).dockerImages ?? {},
    ),
  )
  expect(assets.map((asset) => (asset as { source: { platform: string } }).source.platform)).toEqual([
    'linux/arm64',
    'linux/amd64',
  ])
})

test('all classes of one CPU share an image', () => {
  const images = resourcesOf(templates('test-cluster').workQueue, 'AWS::ECS::TaskDefinition').map(
    ([, { Properties }]) => JSON.stringify(Properties.ContainerDefinitions[0].Image),
  )
  expect(new Set(images).size).toBe(1)
})
