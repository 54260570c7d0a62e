import { setTimeout as pause } from 'node:timers/promises'
import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import {
  BatchWriteCommand,
  type BatchWriteCommandInput,
  DeleteCommand,
  DynamoDBDocumentClient,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb'
import { type LedgerPart, LedgerRefusalError, ledgerKeys } from '../contract/ledger.ts'

/** Names an item. */
export interface ItemKey {
  readonly id: string
  readonly part: LedgerPart | 'unique' | 'join'
}

/** An item, as it is in the table. */
export interface LedgerItem extends ItemKey {
  /** Seconds since 1970, from which DynamoDB may delete it, and it counts as deleted. */
  readonly expires: number
  readonly [field: string]: unknown
}

/** On what a write depends, in DynamoDB's words: names with `#`, values with `:`. */
export interface Condition {
  readonly expression: string
  readonly names: Readonly<Record<`#${string}`, string>>
  readonly values?: Readonly<Record<`:${string}`, unknown>>
}

type Write = NonNullable<BatchWriteCommandInput['RequestItems']>[string][number]

/** Most items in one BatchWriteItem: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html */
const batchItems = 25

/** Shortest and longest wait before what DynamoDB has left over is written again, in milliseconds. */
const leftOverMs = { min: 20, max: 500 }

export interface TableOptions {
  readonly name: string
  /** Longest that one call may take, its retries included. */
  readonly deadlineMs: number
  /** Of a DynamoDB on this machine. @default AWS's, with the region and credentials that the AWS SDK finds */
  readonly endpoint?: string | undefined
}

// a variable of the AWS SDK's own would turn what handlers do in AWS to this machine too
const onThisMachine = {
  region: 'local',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
}

/**
 * The table of a ledger. Every method rejects when DynamoDB has not done all that was asked by the deadline, with a
 * LedgerRefusalError for what it never will.
 */
export class LedgerTable {
  readonly #name: string
  readonly #deadlineMs: number
  readonly #client: DynamoDBDocumentClient

  constructor({ name, deadlineMs, endpoint }: TableOptions) {
    this.#name = name
    this.#deadlineMs = deadlineMs
    const client = new DynamoDBClient({
      ...(endpoint === undefined ? {} : { endpoint, ...onThisMachine }),
      // one connection that hangs must not use up the deadline
      requestHandler: { connectionTimeout: 1_000, requestTimeout: 1_500, throwOnRequestTimeout: true },
      maxAttempts: 4,
    })
    // a fifth of what a call costs, and nothing that a ledger needs: no logger, names for statistics, loops of functions
    for (const name of ['loggerMiddleware', 'getUserAgentMiddleware', 'recursionDetectionMiddleware'])
      client.middlewareStack.remove(name)
    this.#client = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } })
  }

  /** Writes items, in batches side by side, and without condition. @param items with keys that differ */
  async write(items: readonly LedgerItem[]): Promise<void> {
    await this.#writeAll(items.map((item) => ({ PutRequest: { Item: item } })))
  }

  /** Deletes items, as {@link write} writes them. */
  async remove(keys: readonly ItemKey[]): Promise<void> {
    await this.#writeAll(keys.map(({ id, part }) => ({ DeleteRequest: { Key: { id, part } } })))
  }

  /** @returns whether the condition held */
  async put(item: LedgerItem, { expression, names, values }: Condition): Promise<boolean> {
    const command = new PutCommand({
      TableName: this.#name,
      Item: item,
      ConditionExpression: expression,
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: values,
    })
    return held(this.#client.send(command, { abortSignal: this.#deadline() }).catch(orRefusal))
  }

  /** @returns whether the condition held */
  async removeIf({ id, part }: ItemKey, { expression, names, values }: Condition): Promise<boolean> {
    const command = new DeleteCommand({
      TableName: this.#name,
      Key: { id, part },
      ConditionExpression: expression,
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: values,
    })
    return held(this.#client.send(command, { abortSignal: this.#deadline() }).catch(orRefusal))
  }

  /**
   * Changes an item where the condition holds.
   * @param change an update expression
   * @param condition has the names and values of both
   * @returns the item as it is then; undefined where the condition did not hold
   */
  async update(
    { id, part }: ItemKey,
    change: string,
    { expression, names, values }: Condition,
  ): Promise<Readonly<Record<string, unknown>> | undefined> {
    const command = new UpdateCommand({
      TableName: this.#name,
      Key: { id, part },
      UpdateExpression: change,
      ConditionExpression: expression,
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: values,
      ReturnValues: 'ALL_NEW',
    })
    let changed: Readonly<Record<string, unknown>> | undefined
    const isHeld = await held(
      this.#client
        .send(command, { abortSignal: this.#deadline() })
        .then(({ Attributes = {} }) => {
          changed = Attributes
        })
        .catch(orRefusal),
    )
    return isHeld ? changed : undefined
  }

  /** All parts of an id that have not expired, as they are now. */
  async read(id: string): Promise<LedgerItem[]> {
    const command = new QueryCommand({
      TableName: this.#name,
      KeyConditionExpression: '#id = :id',
      ExpressionAttributeNames: { '#id': ledgerKeys.partition },
      ExpressionAttributeValues: { ':id': id },
      // who has just got a 202 must not be told that there is no such task
      ConsistentRead: true,
    })
    const { Items = [] } = await this.#client.send(command, { abortSignal: this.#deadline() })
    // DynamoDB deletes within days: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
    return (Items as LedgerItem[]).filter(({ expires }) => expires > Date.now() / 1_000)
  }

  close(): void {
    this.#client.destroy()
  }

  #deadline(): AbortSignal {
    return AbortSignal.timeout(this.#deadlineMs)
  }

  async #writeAll(writes: readonly Write[]): Promise<void> {
    const deadline = this.#deadline()
    const batches = Array.from({ length: Math.ceil(writes.length / batchItems) }, (_, index) =>
      writes.slice(index * batchItems, (index + 1) * batchItems),
    )
    await Promise.all(batches.map((batch) => this.#writeBatch(batch, deadline)))
  }

  /** DynamoDB may do a part, and gives back the rest: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html#Programming.Errors.BatchOperations */
  async #writeBatch(batch: readonly Write[], deadline: AbortSignal): Promise<void> {
    let left: readonly Write[] = batch
    for (let waitMs = leftOverMs.min; ; waitMs = Math.min(2 * waitMs, leftOverMs.max)) {
      const command = new BatchWriteCommand({ RequestItems: { [this.#name]: [...left] } })
      const { UnprocessedItems = {} } = await this.#client
        .send(command, { abortSignal: deadline })
        .catch(orRefusal)
      left = UnprocessedItems[this.#name] ?? []
      if (left.length === 0) return
      await pause(waitMs * (0.5 + Math.random() / 2), undefined, { signal: deadline })
    }
  }
}

/** What DynamoDB says of a request that is wrong in itself. */
const refusals: ReadonlySet<unknown> = new Set(['ValidationException', 'SerializationException'])

function orRefusal(error: unknown): never {
  if (error instanceof Error && refusals.has(error.name))
    throw new LedgerRefusalError(`${error.name}: ${error.message}`, { cause: error })
  throw error
}

async function held(writing: Promise<unknown>): Promise<boolean> {
  try {
    await writing
    return true
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false
    throw error
  }
}
