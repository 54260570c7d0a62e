import type { Schedule } from '../contract/schedule.ts'

/** What is sent by the clock, such as every night: docs/schedules.md. */
export const schedules: readonly Schedule[] = []
