import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** The name of the algorithm below, as definitions have it. */
export const hashingAlgorithm = 'rabbit_password_hashing_sha256'

/** RabbitMQ's salted SHA-256: https://www.rabbitmq.com/docs/passwords#computing-password-hash */
export function passwordHash(password: string, salt = randomBytes(4)): string {
  const digest = createHash('sha256').update(salt).update(password, 'utf8').digest()
  return Buffer.concat([salt, digest]).toString('base64')
}

/** Whether the hash, as the broker gives it, is this password's. */
export function matches(password: string, hash: string): boolean {
  const found = Buffer.from(hash, 'base64')
  const expected = Buffer.from(passwordHash(password, found.subarray(0, 4)), 'base64')
  return found.length === expected.length && timingSafeEqual(found, expected)
}
