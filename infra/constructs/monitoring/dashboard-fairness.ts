import { type DashboardRow, graph, ofClass } from './graph.ts'
import { queueMetric } from './queue-metric.ts'
import { done, math, overClasses, slotIntervals, slotSpeed, type Watched } from './watched.ts'

export function fairness(watched: Watched): DashboardRow {
  const tasks = overClasses(watched, 'done', done)
  const capacity = overClasses(watched, 'slots', slotIntervals, slotSpeed)
  return {
    question: 'Is it fair?',
    answer:
      'Each worker class’s **share of the tasks** (light) should lie on its **share of the capacity** (dark: its slots in service × what each has of a vCPU), as long as all are busy and tasks are CPU work. Tasks that only wait split by slots instead. A class far below its share: look at its busy share; low means that it is not given tasks, high that it has become slow.',
    widgets: [
      graph(12, {
        title: 'Share of tasks (light) against share of capacity (dark)',
        unit: '%',
        max: 100,
        metrics: watched.workers.flatMap((worker) => {
          const [light, dark] = ofClass(watched, worker)
          return [
            math(
              `${worker.name}: capacity`,
              `100 * (${capacity.term(worker)}) / (${capacity.sum})`,
              capacity.metrics,
            ).with({ color: dark }),
            math(
              `${worker.name}: tasks`,
              `100 * (${tasks.term(worker)}) / (${tasks.sum})`,
              tasks.metrics,
            ).with({ color: light }),
          ]
        }),
      }),
      graph(6, {
        title: 'Busy part of the slots',
        unit: '%',
        max: 100,
        metrics: watched.workers.map((worker) =>
          queueMetric(
            watched,
            'BusyShare',
            { WorkerClass: worker.name },
            { label: worker.name, color: ofClass(watched, worker)[0] },
          ),
        ),
      }),
      graph(6, {
        title: 'How long a task takes (median)',
        unit: 'seconds',
        metrics: watched.workers.map((worker, index) =>
          math(worker.name, `duration${index} / 1000`, {
            [`duration${index}`]: queueMetric(
              watched,
              'TaskDuration',
              { WorkerClass: worker.name },
              { statistic: 'p50' },
            ),
          }).with({ color: ofClass(watched, worker)[0] }),
        ),
      }),
    ],
  }
}
