import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const shipped = globSync(
  [
    'infra/**/*.{ts,tsx}',
    'services/**/*.{ts,tsx}',
    'client/**/*.{ts,tsx}',
    'local/**/*.{ts,tsx}',
    'ops/**/*.{ts,tsx}',
  ],
  {
    cwd: root,
  },
)

/** The shipped files with text that matches. */
const having = (pattern: RegExp) =>
  shipped.filter((file) => pattern.test(readFileSync(join(root, file), 'utf8'))).toSorted()

/** Any import of amqplib by which its `connect` could be had: everything but types and its error classes. */
const importsConnect =
  /(?:\bimport|\brequire)\s*\(\s*['"]amqplib|import (?!type\b)(?!\{(?:\s*(?:type \w+|\w+Error),?)*\s*\} from)[^'"]*from\s+['"]amqplib|import ['"]amqplib|from ['"]amqplib\//

test('one shipped file opens connections to the broker', () => {
  expect(shipped.length).toBeGreaterThan(100)
  expect(having(importsConnect)).toEqual(['services/amqp/connection.ts'])
})

test('one shipped file tells a refused password', () => {
  expect(having(/ACCESS.{0,4}REFUSED/)).toEqual(['services/amqp/connection.ts'])
})

test('one shipped file speaks to the management API', () => {
  expect(having(/\/api\/\$|['"`/]api\//)).toEqual(['services/amqp/management.ts'])
})

test('one shipped file reads secrets', () => {
  expect(having(/GetSecretValueCommand/)).toEqual(['services/amqp/credentials.ts'])
})

test.each([
  "import { connect } from 'amqplib'",
  "import { type ChannelModel, connect } from 'amqplib'",
  "import {\n  type ChannelModel,\n  connect,\n} from 'amqplib'",
  "import amqp from 'amqplib'",
  "import * as amqp from 'amqplib'",
  "const { connect } = await import('amqplib')",
  "require('amqplib')",
  "import { connect } from 'amqplib/callback_api.js'",
])('it would be found: %s', (text) => expect(text).toMatch(importsConnect))

test.each([
  "import type { ChannelModel } from 'amqplib'",
  "import { type ConfirmChannel, IllegalOperationError, type Message } from 'amqplib'",
])('it is let alone: %s', (text) => expect(text).not.toMatch(importsConnect))
