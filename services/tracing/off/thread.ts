import type { OpenThreadTracing } from '../port.ts'

export const openThreadTracing: OpenThreadTracing = () => undefined
