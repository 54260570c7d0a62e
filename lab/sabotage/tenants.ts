import { integration, type Sabotage, unit } from './sabotage.ts'

const producer = 'services/contract/tenants.ts'
const count = unit('services/tenants')
const tenants = integration('tenants')

/** What keeps one tenant's tasks from standing before those of all others. */
export const tenantSabotages: readonly Sabotage[] = [
  {
    name: 'tenant-that-lowers-nothing',
    file: 'services/contract/placement.ts',
    find: 'tenant === undefined ? own : by.tenants.next',
    replace: 'own !== undefined || tenant === undefined ? own : by.tenants.next',
    noticedBy: [tenants],
  },
  {
    name: 'tenants-counted-together',
    file: producer,
    find: 'const last = this.#sent.get(tenant)',
    replace: 'const last = [...this.#sent.values()].at(-1)',
    noticedBy: [count, tenants],
  },
  {
    name: 'tenants-without-number',
    file: producer,
    find: 'if (this.#sent.size <= maxTenants) break',
    replace: 'break',
    noticedBy: [count],
  },
  {
    name: 'first-tenant-forgotten-instead-of-the-silent',
    file: producer,
    find: '    this.#sent.delete(tenant)\n',
    replace: '',
    noticedBy: [count],
  },
  {
    name: 'tenant-never-forgiven',
    file: producer,
    find: '2 ** (-Math.max(0, now - last.at) / halfLifeMs)',
    replace: '1',
    noticedBy: [count],
  },
  {
    name: 'clock-that-goes-back-believed',
    file: producer,
    find: 'Math.max(0, now - last.at)',
    replace: '(now - last.at)',
    noticedBy: [count],
  },
  {
    name: 'message-without-its-tenant',
    file: 'services/contract/task.ts',
    find: "{ 'warren-tenant': task.tenant }",
    replace: '{}',
    noticedBy: [tenants],
  },
  {
    name: 'odd-tenant-believed',
    file: 'services/contract/task.ts',
    find: "typeof value === 'string' && taskIdPattern.test(value) ? value",
    replace: "typeof value === 'string' ? value",
    noticedBy: [tenants],
  },
  {
    name: 'task-line-without-its-tenant',
    file: 'services/worker/delivery.ts',
    find: '    tenant,\n    class',
    replace: '    class',
    noticedBy: [tenants],
  },
]
