import { useEffect, useState } from 'preact/hooks'
import { type CrewClass, crewClasses, type Mode, maxWorkers, modes } from '../../crew-settings.ts'
import type { Frame } from '../frame.ts'

type Act = (body: object) => Promise<void>

/** How the workers of `npm run dev` are set, and how many there are. */
export function CrewControls({ frame, act }: { readonly frame: Frame; readonly act: Act }) {
  return (
    <div class="controls">
      <Modes mode={frame.mode} act={act} />
      <Workers workers={frame.workers} act={act} />
    </div>
  )
}

const explanations: Readonly<Record<Mode, string>> = {
  auto: 'The broker deals tasks out in turn, at once, and forgets them: the fast workers stand idle in the end.',
  fair: 'A worker gets its next task when it has finished the last: the fast ones do more.',
}

function Modes({ mode, act }: { readonly mode: Mode; readonly act: Act }) {
  // what was chosen stands until the server says otherwise
  const [chosen, choose] = useState(mode)
  useEffect(() => choose(mode), [mode])
  return (
    <fieldset>
      <legend>Setting</legend>
      {(Object.keys(modes) as Mode[]).map((name) => (
        <label key={name} class="inline">
          <input
            type="radio"
            name="mode"
            checked={name === chosen}
            onChange={() => {
              choose(name)
              void act({ action: 'mode', mode: name })
            }}
          />
          {modes[name].title}
        </label>
      ))}
      <p class="muted">{explanations[chosen]}</p>
    </fieldset>
  )
}

function Workers({ workers, act }: { readonly workers: Frame['workers']; readonly act: Act }) {
  const button = (action: 'add' | 'remove', name: CrewClass, possible: boolean) => (
    // `disabled` would take the focus away
    <button
      type="button"
      aria-label={`${action} a ${name} worker`}
      aria-disabled={!possible}
      onClick={() => possible && void act({ action, class: name })}
    >
      {action === 'add' ? '+' : '−'}
    </button>
  )
  return (
    <fieldset>
      <legend>Workers</legend>
      {crewClasses.map((name) => (
        <div key={name} class="workers">
          <i class={name} /> {name}
          {button('remove', name, workers[name] > 0)}
          <span>{workers[name]}</span>
          {button('add', name, workers[name] < maxWorkers)}
        </div>
      ))}
    </fieldset>
  )
}
