import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { supervise } from './supervise.ts'

/** A temporary folder that goes away when it is closed, or when this process ends in whatever way. */
export interface Scratch {
  readonly folder: string
  close(): Promise<void>
}

// programs that end at the same moment may still write into the folder, so removing it is tried again for a while
const remover = `cat >/dev/null
for try in $(seq 100); do rm -rf "$1" 2>/dev/null && exit; sleep 0.1; done`

/** Makes a folder that only this user can read. */
export async function openScratch(env: NodeJS.ProcessEnv): Promise<Scratch> {
  const folder = await mkdtemp(join(tmpdir(), 'warren-'))
  const holder = supervise(['sh', '-c', remover, 'sh', folder], env, '/dev/null')
  return { folder, close: () => holder.end() }
}
