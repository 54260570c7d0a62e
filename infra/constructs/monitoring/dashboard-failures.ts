import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch'
import { unfailing } from '../../../services/contract/log.ts'
import { unknownType } from '../../../services/contract/metrics.ts'
import { taskTypes } from '../../../services/tasks/registry.ts'
import { colour, type DashboardRow, graph } from './graph.ts'
import { queueMetric } from './queue-metric.ts'
import { math, overClasses, type Watched } from './watched.ts'

const sum = { statistic: 'Sum' }

export function failures(watched: Watched): DashboardRow {
  const types = [...taskTypes.map(({ type }) => type), unknownType]
  return {
    question: 'What is failing?',
    answer:
      'Nothing here should be above zero for long. **Failed tries** come back by themselves until the delivery limit; **dead letters** stay until somebody redrives or removes them. The table names the reasons. Time spent on retries is lost to fresh tasks.',
    widgets: [
      graph(8, {
        title: 'Failed tries per minute, by type',
        unit: 'tries',
        stacked: true,
        metrics: types.map((type) => {
          const failed = overClasses(watched, `failed${types.indexOf(type)}x`, (_, { name }) =>
            queueMetric(watched, 'TasksFailed', { WorkerClass: name, TaskType: type }, sum),
          )
          return math(type, failed.sum, failed.metrics)
        }),
      }),
      graph(8, {
        title: 'Dead letters',
        unit: 'tasks',
        metrics: [
          queueMetric(watched, 'DeadLetters', {}, { label: 'dead letters', color: colour.failed }),
          queueMetric(watched, 'DeadLettering', {}, { label: 'on their way', color: colour.again }),
          deadLetteredByWorkers(watched),
        ],
      }),
      graph(8, {
        title: 'Retries: their part of the slots’ time',
        unit: '%, or number',
        metrics: [
          queueMetric(watched, 'RedeliveryShare', {}, { label: '% of slot time', color: colour.again }),
          queueMetric(watched, 'TasksRedelivered', {}, { ...sum, label: 'retries' }),
          ...(taskTypes.some(({ retryLater }) => retryLater)
            ? [queueMetric(watched, 'TasksPutOff', {}, { ...sum, label: 'put off' })]
            : []),
          queueMetric(watched, 'TasksCancelled', {}, { ...sum, label: 'cancelled' }),
          queueMetric(
            watched,
            'ConsumerTimeouts',
            {},
            {
              ...sum,
              label: 'broker timeouts',
              color: colour.failed,
            },
          ),
        ],
      }),
      new cloudwatch.LogQueryWidget({
        title: 'Why tasks failed',
        width: 24,
        height: 5,
        view: cloudwatch.LogQueryVisualizationType.TABLE,
        logGroupNames: watched.workerLogGroups.map(({ logGroupName }) => logGroupName),
        queryLines: [
          `filter msg = "task" and outcome not in [${unfailing.map((outcome) => `"${outcome}"`).join(', ')}]`,
          'stats count() as tries, latest(id) as example by type, class, outcome, substr(reason, 0, 80) as why',
          'sort tries desc',
          'limit 20',
        ],
      }),
    ],
  }
}

function deadLetteredByWorkers(watched: Watched) {
  const given = overClasses(watched, 'dead', (_, { name }) =>
    queueMetric(watched, 'TasksDeadLettered', { WorkerClass: name }, sum),
  )
  return math('given up at once, per minute', given.sum, given.metrics)
}
