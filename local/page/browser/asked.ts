import type { ActionResult, DeskWish } from '../desk-words.ts'

/** Says to the user what came of something. */
export type Tell = (result: ActionResult) => void

/** What serves the page, as its user called that. */
export const servedBy = document.body.dataset['command'] ?? ''
export const gone = `${servedBy} does not answer: if it has ended, start it and open the address that it prints`

/** Asks the server for something that only the page of `npm run dev` can do. */
export const setCrew = (body: object): Promise<ActionResult> => post('act', body)

/** Has the operator's code do something. */
export const wishFor = (wish: DeskWish): Promise<ActionResult> => post('desk', wish)

/** @throws Error with what the server says where it cannot tell */
export async function lookUp<Answer>(wish: DeskWish): Promise<Answer> {
  const { ok, message, answer } = (await post('desk', wish)) as ActionResult & { answer?: Answer }
  if (!ok || answer === undefined) throw new Error(message)
  return answer
}

async function post(path: string, body: object): Promise<ActionResult> {
  try {
    const response = await fetch(`${path}${location.search}`, { method: 'POST', body: JSON.stringify(body) })
    return response.ok ? await response.json() : { ok: false, message: await response.text() }
  } catch {
    return { ok: false, message: gone }
  }
}
