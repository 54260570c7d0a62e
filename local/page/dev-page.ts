import { act } from './actions.ts'
import type { Desk } from './desk.ts'
import { Feed, type FeedSources } from './feed.ts'
import type { ScheduleTimes } from './frame.ts'
import { type PageQueue, type Site, servePage } from './server.ts'

/** The live page of `npm run dev`. */
export interface Page extends Site {
  /** Tells the browsers that task types have changed. */
  formsChanged(): Promise<void>
}

/** A queue of `npm run dev`, as its page sees it. */
export type DevQueue = Pick<FeedSources, 'crew' | 'tally' | 'readFigures'>

interface DevSources {
  /** http://127.0.0.1:port of the producer. */
  readonly endpoint: string
  /** By name; may grow. */
  readonly queues: ReadonlyMap<string, DevQueue>
  /** When each schedule sends its next task. */
  readonly schedules: () => readonly ScheduleTimes[]
  readonly desk: (queue: string) => Promise<Desk>
}

/** @throws esbuild's BuildFailure */
export async function startPage({ endpoint, queues, schedules, desk }: DevSources): Promise<Page> {
  const feeds = new Map<string, Feed>()
  const pageOf = (name: string, queue: DevQueue): PageQueue => {
    const names = () => [...queues.keys()]
    const feed = feeds.get(name) ?? new Feed({ endpoint, name, queues: names, schedules, ...queue })
    feeds.set(name, feed)
    return {
      watch: (viewer) => feed.add(viewer),
      act: (text) => act(text, { endpoint, ...queue }),
      desk: () => desk(name),
    }
  }
  const site = await servePage(
    { title: 'local', command: 'npm run dev' },
    {
      keys: () => queues.keys(),
      get(name) {
        const queue = queues.get(name)
        return queue && pageOf(name, queue)
      },
      close() {
        for (const feed of feeds.values()) feed.close()
      },
    },
  )
  return {
    ...site,
    formsChanged: async () =>
      void (await Promise.all([...feeds.values()].map((feed) => feed.formsChanged()))),
  }
}
