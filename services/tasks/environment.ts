import * as z from 'zod'

/** The variables that the handlers need, beside those of the worker. Infra and local runs set them from here. */
export const tasksEnvironment = z.object({
  /** Multiplies how long `sleep` takes: how slow and fast workers differ on one machine. */
  SLEEP_FACTOR: z
    .string()
    .regex(/^\d+(\.\d+)?$/, 'must be a number from 0, such as 0.5')
    .transform(Number)
    .default(1),
})
