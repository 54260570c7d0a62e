import { useState } from 'preact/hooks'

/** What was asked for: not yet, just now, had, or refused with a sentence. */
export type Asking<Answer> =
  | { readonly state: 'none' }
  | { readonly state: 'asking' }
  | { readonly state: 'here'; readonly answer: Answer }
  | { readonly state: 'failed'; readonly message: string }

/** @returns how it stands, and what asks (anew); an answer that comes after a later question is dropped */
export function useAsking<Answer>(): readonly [
  Asking<Answer>,
  (question: () => Promise<Answer>) => Promise<void>,
] {
  const [asking, setAsking] = useState<Asking<Answer>>({ state: 'none' })
  const [last] = useState({ number: 0 })
  const ask = async (question: () => Promise<Answer>) => {
    last.number += 1
    const own = last.number
    setAsking({ state: 'asking' })
    const found = await question().then(
      (answer) => ({ state: 'here', answer }) as const,
      (error: Error) => ({ state: 'failed', message: error.message }) as const,
    )
    if (own === last.number) setAsking(found)
  }
  return [asking, ask]
}
