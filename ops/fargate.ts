import { ofType, type Placed, type Stack } from './assembly.ts'

/** A worker class as the template has it. */
export interface FargateService {
  readonly service: Placed
  readonly taskDefinition: Placed
  readonly vcpu: number
  readonly memoryGiB: number
  readonly architecture: string
  readonly spot: boolean
  readonly slots: number
  readonly slotsPerThread: number
  readonly minTasks: number
  readonly maxTasks: number
}

/** Whether some class has other least tasks at times: its `minTasks` are those of the rest of the time. */
export const hasSchedule = (stacks: readonly Stack[]) =>
  ofType(stacks, 'AWS::ApplicationAutoScaling::ScalableTarget').some(({ Properties }) =>
    Array.isArray(Properties?.['ScheduledActions']),
  )

/** The ECS services of the templates with their task definitions and scaling limits. */
export function fargateServices(stacks: readonly Stack[]): FargateService[] {
  return ofType(stacks, 'AWS::ECS::Service').map((service) => {
    // another queue's stack has the same logical ids for classes of the same names
    const own = stacks.filter(({ name }) => name === service.stack)
    const taskDefinition = ofType(own, 'AWS::ECS::TaskDefinition').find(({ logicalId }) =>
      mentions(service, `"${logicalId}"`),
    )
    if (taskDefinition === undefined)
      throw new Error(`${service.logicalId} has no task definition in its stack`)
    const target = ofType(own, 'AWS::ApplicationAutoScaling::ScalableTarget').find((one) =>
      mentions(one, `"${service.logicalId}"`),
    )
    const task = taskDefinition.Properties ?? {}
    const variable = (name: string) =>
      Number(new RegExp(`"Name":"${name}","Value":"(\\d+)"`).exec(JSON.stringify(task))?.[1] ?? 1)
    return {
      service,
      taskDefinition,
      vcpu: Number(task['Cpu']) / 1024,
      memoryGiB: Number(task['Memory']) / 1024,
      architecture: /"CpuArchitecture":"(\w+)"/.exec(JSON.stringify(task))?.[1] ?? 'X86_64',
      spot: mentions(service, 'FARGATE_SPOT'),
      slots: variable('WORKER_SLOTS'),
      slotsPerThread: variable('WORKER_SLOTS_PER_THREAD'),
      minTasks: Number(target?.Properties?.['MinCapacity'] ?? service.Properties?.['DesiredCount'] ?? 1),
      maxTasks: Number(target?.Properties?.['MaxCapacity'] ?? service.Properties?.['DesiredCount'] ?? 1),
    }
  })
}

/** Whether a resource's properties refer to something, in whatever way. */
export function mentions({ Properties }: Placed, what: string): boolean {
  return JSON.stringify(Properties ?? {}).includes(what)
}
