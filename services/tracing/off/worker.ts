import type { OpenWorkerTracing } from '../port.ts'

export const openWorkerTracing: OpenWorkerTracing = () => undefined
