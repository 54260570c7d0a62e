import { lstat, readdir, rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { command } from '../ops/command-line/command.ts'
import { runCommand } from '../ops/command-line/lifecycle.ts'
import { cacheFolder, cacheSize, cleanCache } from './broker/cache.ts'
import { readLocal, warrenFolder } from './local-file.ts'

const program = command(
  'npm run clean',
  `Removes what Warren keeps on this machine: the RabbitMQ that it installed (${cacheFolder(process.env)}) and the reports
in .warren. Other projects that use Warren install their RabbitMQ again.`,
  'npm run clean',
)

await runCommand(program, async () => {
  const local = await readLocal()
  if (local) throw new Error(`npm run dev is running (process ${local.pid}): stop it first, with Ctrl-C`)
  const cached = await cacheSize({ env: process.env })
  const was = await cleanCache({ env: process.env })
  console.log(`${cacheFolder(process.env)}: ${was ? `removed, ${cached} MB` : 'was not there'}`)
  const kilobytes = await sizeOf(warrenFolder)
  await rm(warrenFolder, { recursive: true, force: true })
  console.log(`${warrenFolder}: ${kilobytes === undefined ? 'was not there' : `removed, ${kilobytes} KB`}`)
  return 0
})

/** In KB; undefined where there is no such folder. */
async function sizeOf(folder: string): Promise<number | undefined> {
  const entries = await readdir(folder, { recursive: true }).catch(() => undefined)
  if (!entries) return undefined
  const sizes = await Promise.all(entries.map(async (entry) => (await lstat(resolve(folder, entry))).size))
  return Math.ceil(sizes.reduce((sum, size) => sum + size, 0) / 1024)
}
