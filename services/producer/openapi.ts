import { openApiFile } from '../contract/documents/file.ts'

/**
 * The endpoint's description, from the file that infra/bundle writes beside this code. It is read when somebody asks for
 * it, and so is the module that reads files: a cold start takes as long as without.
 */
export async function readOpenApi(): Promise<object> {
  const { readFile } = await import('node:fs/promises')
  return JSON.parse(await readFile(new URL(openApiFile, import.meta.url), 'utf8'))
}
