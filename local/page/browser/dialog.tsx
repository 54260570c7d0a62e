import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'

interface DialogProps {
  /** What it is called. */
  readonly title: string
  readonly close: () => void
  readonly children: ComponentChildren
  readonly kind?: string
}

/** Over the page: the browser keeps the focus in it, closes it with Esc, and gives the focus back. */
export function Dialog({ title, close, children, kind = '' }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const before = document.activeElement
    dialog.current?.showModal()
    return () => {
      if (before instanceof HTMLElement) before.focus()
    }
  }, [])
  return (
    <dialog ref={dialog} class={kind} aria-label={title} onClose={close}>
      <form method="dialog">
        <h2>{title}</h2>
        <button type="submit" aria-label="Close">
          ✕
        </button>
      </form>
      {children}
    </dialog>
  )
}

export interface Question {
  readonly title: string
  readonly text: string
  /** What the button says that does it. */
  readonly verb: string
}

export type Confirm = (question: Question) => Promise<boolean>

/** Asks before what cannot be undone. @returns how to ask, and what to render */
export function useConfirm(): readonly [Confirm, ComponentChildren] {
  const [asked, setAsked] = useState<Question & { readonly answer: (yes: boolean) => void }>()
  const confirm: Confirm = (question) => {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    setAsked({ ...question, answer: resolve })
    return promise
  }
  const close = (yes: boolean) => {
    asked?.answer(yes)
    setAsked(undefined)
  }
  return [
    confirm,
    asked && (
      <Dialog title={asked.title} kind="confirm" close={() => close(false)}>
        <p>{asked.text}</p>
        <p class="buttons">
          <button type="button" onClick={() => close(false)}>
            No
          </button>
          <button type="button" class="danger" onClick={() => close(true)}>
            {asked.verb}
          </button>
        </p>
      </Dialog>
    ),
  ]
}
