import { type Sabotage, unit } from './sabotage.ts'

const states = { project: 'slow', file: 'test/local/page-states.slow.test.ts' } as const
const live = { project: 'slow', file: 'test/integration/page.slow.test.ts' } as const
const deployed = { project: 'slow', file: 'test/ops/console.slow.test.ts' } as const

/** The page of `npm run dev` and of the console: who may use it, and what it must show, ask and bear. */
export const pageSabotages: readonly Sabotage[] = [
  {
    name: 'page-for-other-websites',
    file: 'local/page/guard.ts',
    find: "if (!sameOrigin) return 'requests of other sites are refused'",
    replace: '',
    noticedBy: [unit('local/page-access')],
  },
  {
    name: 'page-without-a-token',
    file: 'local/page/guard.ts',
    find: 'return isToken(given, token)',
    replace: 'return given !== token || isToken(given, token)',
    noticedBy: [unit('local/page-access')],
  },
  {
    name: 'page-redrives-unasked',
    file: 'local/page/browser/dead-letters.tsx',
    find: 'if (moving || !(await confirm(',
    replace: 'if (moving || !(await (async (_: object) => true)(',
    noticedBy: [states],
  },
  {
    name: 'page-cancels-unasked',
    file: 'local/page/browser/story.tsx',
    find: 'if (!(await confirm({ title: `Cancel ',
    replace: 'if (!(await (async (_: object) => true)({ title: `Cancel ',
    noticedBy: [states],
  },
  {
    name: 'page-with-all-rows',
    file: 'local/page/browser/rows.tsx',
    find: 'const to = Math.min(count, from + seen + 2 * beyond)',
    replace: 'const to = Math.min(count, from + seen * beyond * beyond)',
    noticedBy: [states],
  },
  {
    name: 'page-that-reads-much-unasked',
    file: 'local/page/browser/consent.ts',
    find: 'return !cost.large || (await agreed(cost, confirm))',
    replace: 'return cost.bytes >= 0 || (await agreed(cost, confirm))',
    noticedBy: [states],
  },
  {
    name: 'page-without-contrast',
    file: 'local/colours.ts',
    find: '--muted: #59636e',
    replace: '--muted: #a9b3be',
    noticedBy: [states],
  },
  {
    name: 'page-bar-without-a-story',
    file: 'local/page/browser/lanes.tsx',
    find: 'if (id) openStory(id)',
    replace: "if (id === '') openStory(id)",
    noticedBy: [live],
  },
  {
    name: 'console-that-goes-on-asking',
    file: 'local/page/left.ts',
    find: "socket?.once('end', end)",
    replace: '',
    noticedBy: [deployed],
  },
  {
    name: 'console-without-the-denied-action',
    file: 'ops/preflight/explain.ts',
    find: 'action === undefined ? name :',
    replace: 'action !== undefined ? name :',
    noticedBy: [deployed],
  },
]
