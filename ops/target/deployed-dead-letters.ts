import type { TaskLogLine } from '../../services/contract/log.ts'
import { taskIdPattern } from '../../services/contract/task.ts'
import type { Letter } from '../../services/operator/letter.ts'
import type { OperatorRequest } from '../../services/operator/request.ts'
import type { Aws } from './aws.ts'
import { type DeadLetters, reasons } from './dead-letters.ts'
import type { Deployed } from './deployed-stack.ts'
import { invoke } from './invoke.ts'
import { findEvents } from './log-groups.ts'

export function deployedDeadLetters(
  aws: Aws,
  { environment, operatorFunction, workerLogGroups }: Deployed,
): DeadLetters {
  const operator = { called: 'operator', name: operatorFunction }
  const ask = (request: OperatorRequest) =>
    invoke(aws, operator, request).catch((error: Error) => {
      if (!unknownToIt.test(error.message)) throw error
      throw new Error(
        `the operator function of ${environment} is older than this command and cannot do that: npm run deploy -- ${environment}, or ask as its version did (npm run redrive -- ${environment} --list)`,
        { cause: error },
      )
    })
  return {
    list: ask,
    letters: ask,
    redrive: ask,
    async lastErrors(letters) {
      const lines = await Promise.all(
        searches(letters).flatMap(({ pattern, from, to }) =>
          Object.values(workerLogGroups).map((group) => findEvents(aws, group, pattern, { from, to })),
        ),
      )
      return reasons(
        letters,
        lines.flat().map(({ message = '' }) => JSON.parse(message) as TaskLogLine),
      )
    },
  }
}

/** What zod says of an action and of a field that a request's schema does not have. */
const unknownToIt = /invalid_union|unrecognized_keys/

/** CloudWatch Logs takes a pattern of 1,024 characters: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html */
const patternLength = 1_024

/** The last try ends when the task dies, save that one with a lost worker was logged before, if at all. */
function searches(letters: readonly Letter[]) {
  const found: { pattern: string; from: number; to: number }[] = []
  let ids: string[] = []
  let times: number[] = []
  const pattern = () =>
    `{ $.msg = "task" && $.outcome != "done" && (${ids.map((id) => `$.id = "${id}"`).join(' || ')}) }`
  const close = () => {
    if (ids.length > 0)
      found.push({ pattern: pattern(), from: Math.min(...times) - 600_000, to: Math.max(...times) + 120_000 })
    ids = []
    times = []
  }
  for (const { id, diedAt } of letters) {
    if (diedAt === null || !taskIdPattern.test(id)) continue
    if (pattern().length + id.length + 15 > patternLength) close()
    ids.push(id)
    times.push(Date.parse(diedAt))
  }
  close()
  return found
}
