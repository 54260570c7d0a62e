import { rm } from 'node:fs/promises'
import { commandLine } from './arguments.ts'
import { cacheFolder, cacheSize, cleanCache } from './broker/cache.ts'
import { runCommand } from './lifecycle.ts'
import { readLocal, warrenFolder } from './local-file.ts'

const help = `npm run clean

Removes what Warren keeps on this machine: the RabbitMQ that it installed (${cacheFolder(process.env)}), and the
reports in .warren. Other projects that use Warren install their RabbitMQ again.

Example: npm run clean`

await runCommand(async () => {
  const { values } = commandLine(process.argv.slice(2), {})
  if (values.help) {
    console.log(help)
    return 0
  }
  const local = await readLocal()
  if (local) throw new Error(`npm run dev is up (process ${local.pid}): end it first, with Ctrl-C`)
  const megabytes = await cacheSize({ env: process.env })
  const removed = await cleanCache({ env: process.env })
  console.log(`${cacheFolder(process.env)}: ${removed ? `removed, ${megabytes} MB` : 'was not there'}`)
  await rm(warrenFolder, { recursive: true, force: true })
  console.log(`${warrenFolder}: removed`)
  return 0
})
