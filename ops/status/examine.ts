import { isAtLeast, minVersion, oldestForTopology } from '../../services/contract/broker-version.ts'
import type { Examined } from '../../services/topology/examine.ts'
import { versionRemedy } from '../../services/topology/version.ts'
import { duration } from '../figures.ts'
import type { Finding, Look, ScheduleLook } from '../target/look.ts'
import type { Target } from '../target/target.ts'

/** How an environment is, and what is wrong with it. */
export interface Examination {
  readonly findings: readonly Finding[]
  /** Undefined when nothing could be read. */
  readonly look: Look | undefined
  /** Undefined when the broker could not be looked at. */
  readonly broker: Examined | undefined
  /** What the producer says of the queue at this moment, and how long that took; undefined when it does not work. */
  readonly producer: { readonly ms: number; readonly ready: number; readonly consumers: number } | undefined
  /** Undefined when it could not be read. */
  readonly schedules: readonly ScheduleLook[] | undefined
}

/** The probe reads the queue once a minute, and CloudWatch shows it up to two minutes late. */
const silentSeconds = 300

/** Looks at everything side by side; what cannot be looked at is a finding too. */
export async function examine(target: Target): Promise<Examination> {
  const findings: Finding[] = []
  const [measured, producer, own, broker, schedules] = await Promise.all([
    noted(findings, 'the figures of the queue cannot be read', target.workersRemedy, () =>
      target.watch().look(),
    ),
    askProducer(target, findings),
    noted(findings, 'the alarms cannot be read', 'see CloudWatch in the console', () => target.findings()),
    noted(findings, 'the broker cannot be looked at', brokerRemedy, () => target.examineBroker()),
    noted(findings, 'the schedules cannot be read', 'docs/schedules.md', () => target.schedules()),
  ])
  // measured figures are some seconds old at best
  const live = producer && { ready: producer.ready, consumers: producer.consumers }
  const paused = broker?.pausedSeconds === undefined ? {} : { pausedSeconds: broker.pausedSeconds }
  const look = measured && { ...measured, queue: { ...measured.queue, ...live, ...paused } }
  const all = [
    ...findings,
    ...(look ? judge(target, look, Date.now()) : []),
    ...(broker ? judgeBroker(target, broker) : []),
    ...(own ?? []),
  ]
  return { findings: all, look, producer, broker, schedules }
}

const brokerRemedy =
  'docs/runbook.md#probe-silent; AccessDenied means that these credentials lack lambda:InvokeFunction on the topology function'

function judgeBroker({ name }: Target, { brokerVersion, disagreeing }: Examined): Finding[] {
  const old = isAtLeast(brokerVersion, oldestForTopology)
    ? []
    : [{ what: `RabbitMQ ${brokerVersion} is too old`, remedy: versionRemedy(brokerVersion) }]
  const unsafe = {
    what: `RabbitMQ ${brokerVersion} can lose tasks with the leader of a queue, and dead letters can stick`,
    remedy: `let Amazon MQ patch the broker to ${minVersion} or later: in its maintenance window, or at once with aws mq reboot-broker`,
  }
  return [
    ...old,
    ...(old.length === 0 && !isAtLeast(brokerVersion, minVersion) ? [unsafe] : []),
    ...disagreeing.map((user) => ({
      what: `secret and broker disagree about the password of ${user} in ${name}`,
      remedy:
        'docs/runbook.md#rotation: put the same value into the secret again, which gives it to the broker',
    })),
  ]
}

async function noted<Answer>(
  findings: Finding[],
  what: string,
  remedy: string,
  question: () => Promise<Answer>,
): Promise<Answer | undefined> {
  try {
    return await question()
  } catch (error) {
    findings.push({ what: `${what}: ${error instanceof Error ? error.message : error}`, remedy })
    return undefined
  }
}

async function askProducer(target: Target, findings: Finding[]): Promise<Examination['producer']> {
  const begun = performance.now()
  const remedy =
    target.environment === 'local'
      ? 'look at the output of npm run dev'
      : 'docs/runbook.md#producer-5xx; 403 means that these credentials lack execute-api:Invoke'
  return noted(findings, `the producer at ${target.endpoint} does not work`, remedy, async () => {
    const answer = await target.client.depth()
    // of several queues the sums come first
    const { ready, consumers } = answer.queues?.[target.queue] ?? answer
    return { ms: Math.round(performance.now() - begun), ready, consumers }
  })
}

function judge(target: Target, look: Look, now: number): Finding[] {
  const { queue, classes, asOf } = look
  if (asOf === undefined || now - asOf > silentSeconds * 1_000) {
    const seen = asOf === undefined ? 'for half an hour' : `for ${duration(now - asOf)}`
    return [{ what: `there are no figures of the queue ${seen}`, remedy: 'docs/runbook.md#probe-silent' }]
  }
  const findings: Finding[] = []
  const wanted = classes.length === 0 || classes.some(({ desired }) => desired !== 0)
  if (queue.pausedSeconds === 0 && queue.consumers === 0 && (wanted || queue.ready > 0)) {
    findings.push({ what: `no worker takes tasks, and ${queue.ready} wait`, remedy: target.workersRemedy })
  }
  for (const { name, running, desired = running, deployment } of classes) {
    if (running === 0 && desired > 0)
      findings.push({ what: `none of ${desired} ${name} tasks runs`, remedy: target.workersRemedy })
    if (deployment?.startsWith('FAILED'))
      findings.push({ what: `the deployment of ${name} ${deployment}`, remedy: target.workersRemedy })
  }
  if (queue.deadLetters > 0) {
    findings.push({
      what: queue.deadLetters === 1 ? '1 dead letter' : `${queue.deadLetters} dead letters`,
      remedy: `npm run redrive -- ${target.name} shows them and why; with --yes it moves them back`,
    })
  }
  return findings
}
