import { Duration } from 'aws-cdk-lib'
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2'
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch'
import type { ITable } from 'aws-cdk-lib/aws-dynamodb'
import { taskTypes } from '../../../services/tasks/registry.ts'
import { slotsOf } from '../../settings/worker-class.ts'
import { queueMetric } from './queue-metric.ts'
import { done, math, minute, overClasses, type Watched, waitPercentile } from './watched.ts'

/** An alarm as data. */
export interface AlarmSpec {
  readonly metric: cloudwatch.IMetric
  /** It alarms above this, or below `below`. */
  readonly above?: number
  readonly below?: number
  /** Periods of the metric that must all be so. */
  readonly periods: number
  /**
   * What a period without data means. `NOT_BREACHING` for metrics that are only sent when something happens. `IGNORE`,
   * which keeps the state, for the probe's figures: their absence says nothing about the queue, and has an alarm of its
   * own.
   */
  readonly missing: cloudwatch.TreatMissingData
  /** What is the matter, what to look at, what to do; the section of docs/runbook.md is added. */
  readonly description: string
  readonly section: string
}

const { IGNORE, NOT_BREACHING, BREACHING } = cloudwatch.TreatMissingData
const fiveMinutes = Duration.minutes(5)
/** Five minutes longer than any task may run: when nothing has ended by then, nothing moves. At most CloudWatch's day. */
const noProgressPeriods = Math.min(
  288,
  Math.ceil(Math.max(600, ...taskTypes.map(({ timeoutSeconds }) => timeoutSeconds)) / 300) + 1,
)

/** Everything that an operator of a work queue has to know of, by the alarm's id. */
export function queueAlarms(watched: Watched): Readonly<Record<string, AlarmSpec>> {
  return {
    ...standstill(watched),
    ...slowness(watched),
    ...failures(watched),
    ...(watched.api ? intake(watched, watched.api) : {}),
    ...passwords(watched),
    ...(watched.ledger ? recording(watched.ledger) : {}),
  }
}

function standstill(watched: Watched): Record<string, AlarmSpec> {
  const ready = queueMetric(watched, 'Ready', {}, { statistic: 'Minimum' })
  const ended = overClasses(watched, 'done', done)
  const paused = queueMetric(watched, 'PausedSeconds', {}, { statistic: 'Maximum' })
  return {
    NoWorkers: {
      metric: math(
        'tasks wait and no slot is in service',
        // there is none while it is not
        'IF(ready > 0 AND slots < 1 AND FILL(paused, 0) < 1, 1, 0)',
        { ready, paused, slots: queueMetric(watched, 'Consumers', {}, { statistic: 'Maximum' }) },
      ),
      // starting a task takes about a minute, waking a class from zero two more
      ...{ above: 0, periods: 10, missing: IGNORE, section: 'no-workers' },
      description:
        'Tasks have waited for 10 minutes and no worker consumes. Look at the events and stopped tasks of the ECS services, then at the workers’ last log lines; roll back, or raise minTasks.',
    },
    NoProgress: {
      metric: math(
        'tasks wait and none is done',
        `IF(perSlot > 0 AND ${ended.sum} < 1, 1, 0)`,
        // there is none while the queue is paused; an alarm has ten metrics at most, and there may be nine classes
        { perSlot: queueMetric(watched, 'BacklogPerSlot', {}, { statistic: 'Minimum' }), ...ended.metrics },
        fiveMinutes,
      ),
      ...{ above: 0, periods: noProgressPeriods, missing: IGNORE, section: 'no-progress' },
      description: `Tasks wait, and none was done for ${noProgressPeriods * 5} minutes, longer than any may take. Look at the outcomes and reasons in the workers’ log lines; repair what the handlers depend on, or roll back.`,
    },
    ProbeSilent: {
      metric: queueMetric(watched, 'Ready', {}, { statistic: 'SampleCount' }),
      // silence is what it looks for
      ...{ below: 1, periods: 5, missing: BREACHING, section: 'probe-silent' },
      description:
        'The queue probe has sent nothing for 5 minutes: scaling stands still, and alarms on the queue keep their state. Look at the probe’s log, then at the broker’s state and maintenance window; wait for a reboot, or rotate the probe’s secret.',
    },
  }
}

function slowness(watched: Watched): Record<string, AlarmSpec> {
  const slots = watched.workers.reduce((sum, worker) => sum + worker.maxTasks * slotsOf(worker), 0)
  const highest = Math.max(...watched.workers.map(({ backlogPerSlot }) => backlogPerSlot))
  return {
    TasksWaitTooLong: {
      metric: waitPercentile(watched, 'p95', fiveMinutes),
      // no task begun, no wait known: NoWorkers and NoProgress see that
      ...{ above: 600, periods: 3, missing: NOT_BREACHING, section: 'tasks-wait-too-long' },
      description:
        'One task in twenty has waited for over 10 minutes, for 15 minutes. Look at the backlog, at whether slots are still being added, and at how long tasks take; raise maxTasks, or find what has become slow.',
    },
    AllAtMaxTasks: {
      metric: math(
        'backlog per slot while every class has all its tasks',
        `IF(slots >= ${slots}, perSlot, 0)`,
        {
          slots: queueMetric(watched, 'Consumers'),
          perSlot: queueMetric(watched, 'BacklogPerSlot'),
        },
      ),
      ...{ above: highest, periods: 15, missing: IGNORE, section: 'all-at-max-tasks' },
      description: `All ${slots} slots are in service and for 15 minutes each has had more than ${highest} tasks before it: scaling would add more and may not. Look at whether the backlog still grows; raise maxTasks, after the connection budget that synth prints.`,
    },
  }
}

function failures(watched: Watched): Record<string, AlarmSpec> {
  const maximum = { statistic: 'Maximum' }
  return {
    DeadLetters: {
      metric: queueMetric(watched, 'DeadLetters', {}, maximum),
      ...{ above: 0, periods: 1, missing: IGNORE, section: 'dead-letters' },
      description:
        'Tasks were given up and stand in the dead-letter queue. Look at their reasons (npm run redrive lists them, the dashboard counts them); repair the cause, then redrive or remove them.',
    },
    DeadLettersStuck: {
      metric: queueMetric(watched, 'DeadLettering', {}, { statistic: 'Minimum' }),
      ...{ above: 0, periods: 10, missing: IGNORE, section: 'dead-letters-stuck' },
      description:
        'Dead letters have been on their way for over 10 minutes: the dead-letter queue is full, or its binding is missing. Look at its length against deadLettersMaxLength; redrive or remove some. They then move within minutes.',
    },
    RetriesEatCapacity: {
      metric: queueMetric(watched, 'RedeliveryShare', {}, { period: fiveMinutes }),
      ...{ above: 20, periods: 3, missing: NOT_BREACHING, section: 'retries-eat-capacity' },
      description:
        'For 15 minutes over 20 % of the slots’ time went into tasks that had failed before; retries go ahead of fresh tasks. Look at which type fails and why; repair what it depends on, or let its handler throw PermanentTaskError.',
    },
    ConsumerTimeouts: {
      metric: queueMetric(watched, 'ConsumerTimeouts', {}, { statistic: 'Sum', period: fiveMinutes }),
      ...{ above: 0, periods: 1, missing: NOT_BREACHING, section: 'consumer-timeouts' },
      description:
        'The broker took a task back because a worker held it for too long, which its own timeout should have prevented; such a task comes back without end. Look for outcome consumer-timeout in the log; remove the task, or raise consumerTimeoutSeconds.',
    },
  }
}

function passwords({ failures }: Watched): Record<string, AlarmSpec> {
  return {
    PasswordNotApplied: {
      metric: failures.metricApproximateNumberOfMessagesVisible({
        statistic: 'Maximum',
        period: fiveMinutes,
      }),
      // SQS stops sending metrics of a queue that nobody uses
      ...{ above: 0, periods: 1, missing: IGNORE, section: 'password-not-applied' },
      description:
        'A new password in a secret did not reach the broker, or not all workers were started anew: secret and broker disagree. Look at the topology function’s log, and at whose secret it is (npm run status); put the value once more, then purge the queue of failures.',
    },
  }
}

/**
 * Each is a metric of the table: DynamoDB counts by operation too, which would be an alarm for each. A ledger that is
 * away altogether is seen in Producer5xx and NoProgress.
 */
function recording(table: ITable): Record<string, AlarmSpec> {
  const events = (metricName: string) => table.metric(metricName, { statistic: 'Sum', period: fiveMinutes })
  return {
    LedgerThrottled: {
      metric: math(
        'requests that DynamoDB has put off',
        'FILL(writes, 0) + FILL(reads, 0)',
        { writes: events('WriteThrottleEvents'), reads: events('ReadThrottleEvents') },
        fiveMinutes,
      ),
      ...{ above: 0, periods: 3, missing: NOT_BREACHING, section: 'ledger-throttled' },
      description:
        'For 15 minutes DynamoDB has put off requests to the ledger: producer and workers try again, so that all becomes slower; what waits too long gets 503. Look at the table’s metrics and at who sends; warm its throughput, or send less at a time.',
    },
  }
}

function intake(watched: Watched, api: HttpApi): Record<string, AlarmSpec> {
  return {
    Producer5xx: {
      metric: api.metricServerError({ statistic: 'Sum', period: minute }),
      ...{ above: 0, periods: 3, missing: NOT_BREACHING, section: 'producer-5xx' },
      description:
        'The API has answered with 5xx in each of 3 minutes: clients cannot hand in all their tasks. Look at the reasons in the producer’s log (blocked, queue full, no connection) and at the broker’s memory and disk; let workers catch up, or raise maxLength.',
    },
    ConfirmLatency: {
      metric: queueMetric(watched, 'ConfirmLatency', {}, { statistic: 'p95', period: fiveMinutes }),
      // a cold start with its new connection takes a tenth of that
      ...{ above: 2_000, periods: 3, missing: NOT_BREACHING, section: 'confirm-latency' },
      description:
        'For 15 minutes one request in twenty waited for over 2 s until the broker had confirmed its tasks. Look at Reconnects and at the broker’s CPU, memory and disk. Reconnects high: send more tasks in each request; otherwise send smaller requests, or take the next instance type.',
    },
  }
}
