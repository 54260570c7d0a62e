/** API Gateway answers after 30 s at the latest. */
export const requestSeconds = 35

/** What `fetch` needs to post this; a GET without it. */
export function postJson(body: object | undefined) {
  if (body === undefined) return { method: 'GET' }
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  }
}
