import type { ServerResponse } from 'node:http'
import { resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { QueueFigures } from '../../services/probe/figures.ts'
import { run } from '../broker/run.ts'
import { askQueueDepth } from '../producer-process.ts'
import type { Controls } from './actions.ts'
import type { Frame, QueueState, ScheduleTimes } from './frame.ts'
import { Viewers } from './viewers.ts'

/** Milliseconds from a frame to the next: what changes faster cannot be read. */
const frameMs = 200
/** The same where more than so many tries end in a second: then a browser has to leave the processor to the workers. */
const denseFrameMs = 1_000
const denseTries = 200
const askMs = 1_000
/** The broker has new statistics every five seconds. */
const figuresMs = 2_500

/** Where the feed gets what it sends. */
export interface FeedSources extends Controls {
  /** The queue's name. */
  readonly name: string
  readonly readFigures: () => Promise<QueueFigures>
  /** The names of all queues, the default one first. */
  readonly queues: () => readonly string[]
  readonly schedules: () => readonly ScheduleTimes[]
}

const unknown = {
  ready: null,
  consumers: null,
  inFlight: null,
  delayed: null,
  later: null,
  deadLetters: null,
  pausedSeconds: null,
}

/** Server-sent events: everything there is to see of a queue, one to five times a second, to whoever looks. Works only while one does. */
export class Feed {
  readonly #sources: FeedSources
  readonly #viewers = new Viewers(() => this.#rest())
  #next: NodeJS.Timeout | undefined
  #sentAt = 0
  #asking = false
  /** JSON on one line. */
  #forms: string | undefined
  #queue: QueueState
  #before = ''

  constructor(sources: FeedSources) {
    this.#sources = sources
    this.#queue = { name: sources.name, ...unknown }
  }

  /** Sends to this one from now on. */
  async add(viewer: ServerResponse): Promise<void> {
    this.#viewers.add(viewer)
    this.#before = ''
    this.#sources.tally.watched = true
    void this.#ask()
    this.#send()
    if (this.#forms === undefined) await this.formsChanged()
    else this.#viewers.write('forms', this.#forms)
  }

  /** Tells all viewers how each task type is sent, which changes with the code. */
  async formsChanged(): Promise<void> {
    // of a process of its own, which reads the sources as they are now
    const command = [process.execPath, resolve(import.meta.dirname, 'task-forms.ts')]
    this.#forms = await run(command, { env: process.env })
    this.#viewers.write('forms', this.#forms)
  }

  close(): void {
    this.#viewers.close()
  }

  #rest(): void {
    this.#sources.tally.watched = false
    clearTimeout(this.#next)
  }

  #send(): void {
    const { crew, tally, queues, schedules } = this.#sources
    const workers = { slow: crew.count('slow'), fast: crew.count('fast') }
    const { tries, ...seen } = tally.take()
    const at = Date.now()
    const dense = (tries * 1_000) / (at - this.#sentAt) > denseTries
    this.#sentAt = at
    clearTimeout(this.#next)
    this.#next = setTimeout(() => this.#send(), dense ? denseFrameMs : frameMs)
    const frame = {
      ...{ mode: crew.mode, workers, queue: this.#queue, queues: queues(), schedules: schedules(), dense },
      ...seen,
    } satisfies Omit<Frame, 'at'>
    const text = JSON.stringify(frame)
    if (text !== this.#before) this.#viewers.write('frame', `{"at":${at},${text.slice(1)}`)
    this.#before = text
  }

  async #ask(): Promise<void> {
    if (this.#asking) return
    this.#asking = true
    const { endpoint, name, readFigures } = this.#sources
    let figuresAt = 0
    while (this.#viewers.count > 0) {
      const signal = AbortSignal.timeout(5_000)
      const due = Date.now() - figuresAt > figuresMs
      if (due) figuresAt = Date.now()
      const [depth, figures] = await Promise.all([
        askQueueDepth(endpoint, signal, name).catch(() => unknown),
        due ? readFigures().catch(() => unknown) : this.#queue,
      ])
      const { ready, consumers } = depth
      const { inFlight, delayed, later, deadLetters, pausedSeconds } = figures
      this.#queue = { name, ready, consumers, inFlight, delayed, later, deadLetters, pausedSeconds }
      await pause(askMs, undefined, { ref: false })
    }
    this.#asking = false
  }
}
