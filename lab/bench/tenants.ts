import { percentilesOf } from '../../ops/figures.ts'
import type { Benchmark, Measured, Result, Setting } from './benchmark.ts'
import { picture, type Waits } from './tenants/picture.ts'
import { load, playScene, type Scene } from './tenants/scene.ts'

/** What a tenant that sends little waits while another sends very much. */
export const tenants: Benchmark = {
  id: 'tenants',
  measures: `the 95th percentile of the wait of nine tenants with a task a second each, while a tenth sends ${load.noisyTasks.toLocaleString('en')} in a minute; two slots, tasks of ${load.taskMs} ms, all tasks with their tenants, by one producer and by three`,
  limit: 'the nine alone, the same tasks at the same times: they keep the slots busy 45 % of the time',
  peers: 'the same without the field tenant: at least, since most are not done when the measurement ends',
  async *run(setting) {
    for (const producers of [1, 3]) yield await compare(producers, setting)
  },
}

async function compare(producers: number, setting: Setting): Promise<Measured> {
  const play = (scene: Omit<Scene, 'producers'>) => playScene({ producers, ...scene }, setting)
  const alone = await play({ named: false, noisy: false })
  const named = await play({ named: true, noisy: true })
  const unnamed = await play({ named: false, noisy: true })
  const waits: readonly Waits[] = [
    { name: 'without the field tenant', colour: 'var(--slow)', tasks: unnamed },
    { name: 'with the field tenant', colour: 'var(--fast)', tasks: named },
    { name: 'the nine alone', colour: 'var(--muted)', tasks: alone },
  ]
  const by = `${producers} ${producers === 1 ? 'producer' : 'producers'}`
  const p95 = (tasks: Waits['tasks']) => percentilesOf(tasks.map(({ waitMs }) => waitMs))(95) ?? Number.NaN
  const figures = { ours: p95(named), limit: p95(alone), peers: { 'without tenant': p95(unnamed) } }
  const result: Result = {
    ...{ id: `tenants/wait-p95-${by.replace(' ', '-')}`, unit: 'ms', better: 'less', ...figures },
    claim: { text: 'at most twice that of the nine alone', holds: figures.ours <= 2 * figures.limit },
  }
  const title = `What each task of the nine waited, ${by}`
  return { results: [result], pictures: [{ name: `tenants-${producers}`, title, svg: picture(waits) }] }
}
