import { STATUS_CODES } from 'node:http'
import { expect, it } from 'vitest'
import { phrases } from '../../services/contract/problem.ts'

it('the title of a problem is the phrase of its status', () => {
  for (const [status, phrase] of Object.entries(phrases)) expect(phrase).toBe(STATUS_CODES[status])
})
