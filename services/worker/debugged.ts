import { url } from 'node:inspector'

/** Whether a debugger may attach to this process: a handler that it holds is not to be stopped for taking long. */
export const isDebugged = () => url() !== undefined
