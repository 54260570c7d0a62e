import { debianTree } from './debian-install.ts'
import { debianRuntime } from './debian-run.ts'
import type { Runtime } from './runtime.ts'
export async function findRuntime(
  env: NodeJS.ProcessEnv,
  progress: (line: string) => void,
): Promise<Runtime> {
  const tree = await debianTree(env, progress)
  return debianRuntime(tree, `Debian's package tree in ${tree}`, env)
}
