import type { TaskKind } from './task.ts'

/** The task types that a client without a type parameter sends: any here, those of the registry in the packed client. */
export type RegisteredTask = TaskKind
