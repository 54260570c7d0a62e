import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { beamPid, signalBeam } from './beam.ts'
import { run } from './run.ts'
import type { Room, Runtime } from './runtime.ts'
import { openScratch } from './scratch.ts'
import { endAll, type Supervised, supervise, untilInputCloses } from './supervise.ts'

/** Mounts stay in their own namespace, and the kernel ends every process with the namespace's first one. */
export const unshare = ['unshare', '--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child']

// $1 the tree, $2 the folder that it shares with this machine
const enter = `set -e
tree=$1 shared=$2; shift 2
mount --bind "$shared" "$tree/srv"
mount -t proc proc "$tree/proc"
mount -t tmpfs -o mode=1777 tmp "$tree/tmp"
mount -t tmpfs -o mode=755 dev "$tree/dev"
for device in null zero full random urandom tty; do
  : >"$tree/dev/$device"; mount --bind "/dev/$device" "$tree/dev/$device"
done
ln -s /proc/self/fd "$tree/dev/fd"
mkdir "$tree/dev/shm"
chown --reference="$tree/var/lib/rabbitmq" "$shared"
cd "$tree"
exec chroot --userspec=rabbitmq:rabbitmq "$tree" "$@"`

/** Runs the RabbitMQ of a Debian package tree, chrooted in namespaces of its own: nothing is mounted on the host. */
export function debianRuntime(tree: string, how: string, env: NodeJS.ProcessEnv): Runtime {
  return {
    how,
    async open() {
      return openRoom(tree, env)
    },
  }
}

async function openRoom(tree: string, env: NodeJS.ProcessEnv): Promise<Room> {
  const scratch = await openScratch(env)
  const shared = join(scratch.folder, 'shared')
  await mkdir(shared, { mode: 0o700 })
  const inside = [...unshare, 'sh', '-c', enter, 'sh', tree, shared]
  // /usr/sbin has wrappers that insist on root and on the machine's own data folder
  const environment = (extra: Record<string, string>) => ({
    PATH: '/usr/lib/rabbitmq/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    ...extra,
  })
  const programs: Supervised[] = []
  return {
    folder: '/srv',
    listenAddress: '127.0.0.1',
    start(name, command, extra) {
      const log = join(scratch.folder, `${name}.log`)
      const watched = [...inside, 'sh', '-c', untilInputCloses, 'sh', ...command]
      const program = supervise(watched, environment(extra), log)
      programs.push(program)
      const pid = () => beamPid(program.child.pid)
      return { ...program, pid, signal: async (signal) => signalBeam(await pid(), signal) }
    },
    run: (command, extra) => run([...inside, ...command], { env: environment(extra) }),
    async close() {
      await endAll(programs)
      await scratch.close()
    },
  }
}
