import type { Assembly } from './assembly.ts'
import { cdk, synthesize } from './cdk-cli.ts'
import { UsageError } from './command-line/arguments.ts'

/** Destroys an environment. Of a protected one it only says how, since destroying it loses every task. */
export async function destroy(
  environment: string,
  { yes, args }: { readonly yes: boolean; readonly args: readonly string[] },
  env: NodeJS.ProcessEnv,
): Promise<number> {
  if (!yes && !process.stdin.isTTY)
    throw new UsageError('there is no terminal to ask on: add --yes to destroy')
  const assembly = await synthesize(environment, [], env)
  if (assembly.stacks.some((stack) => stack.protected)) {
    console.error(refusal(environment, assembly))
    return 1
  }
  const force = yes ? ['--force'] : []
  return await cdk(['destroy', '--all', '--app', assembly.directory, ...force, ...args], env)
}

/** Why a protected environment is not destroyed, and the steps that would do it. */
export function refusal(environment: string, { stacks }: Assembly): string {
  const destroyed = (names: readonly { name: string }[]) =>
    `npx cdk destroy -c environment=${environment} ${names.map(({ name }) => name).join(' ')}`
  const locked = stacks.filter((stack) => stack.protected)
  const open = stacks.filter((stack) => !stack.protected)
  const kept = stacks.flatMap(({ resources }) =>
    resources.filter(({ DeletionPolicy }) => DeletionPolicy?.startsWith('Retain')),
  )
  const steps = [
    ...(open.length > 0 ? [destroyed(open)] : []),
    ...locked.map(
      ({ name }) =>
        `aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name ${name}`,
    ),
    destroyed(locked),
  ]
  return [
    `warren: ${environment} keeps data, so this command does not destroy it. To destroy it by hand, run these in order:`,
    ...steps.map((step, index) => `  ${index + 1}. ${step}`),
    '  AWS keeps these even then. They cost money until you delete them, and the network stays as long as the broker:',
    ...kept.map(({ Type, stack, logicalId }) => `     ${Type} ${logicalId} (of ${stack})`),
  ].join('\n')
}
