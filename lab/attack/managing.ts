import { path } from '../../services/amqp/management.ts'
import type { ManagementAttempt, Prey } from './attempt.ts'

const refused = (
  what: string,
  method: ManagementAttempt['method'],
  to: (prey: Prey) => string,
  body?: unknown,
): ManagementAttempt => ({ what, method, path: to, may: [], ...(body === undefined ? {} : { body }) })

const figures =
  'the probe reads its figures so; of what it has no permission for it sees names and counts, never a message'

const seen = (what: string, to: (prey: Prey) => string, why = figures): ManagementAttempt => ({
  ...refused(what, 'GET', to),
  may: ['probe'],
  why,
})

/** What somebody could ask the management API for. */
export const managing: readonly ManagementAttempt[] = [
  seen('see the broker’s version and totals', () => 'overview'),
  seen('list queues', ({ vhost }) => path('queues', vhost)),
  seen('list exchanges', ({ vhost }) => path('exchanges', vhost)),
  seen('list bindings', ({ vhost }) => path('bindings', vhost)),
  seen('list policies', ({ vhost }) => path('policies', vhost), 'they hold limits and names, no secret'),
  seen('list the vhosts it may enter', () => 'vhosts'),
  seen('list its own connections', () => 'connections', 'without the tag "monitoring" it sees its own alone'),
  seen('see its own name and tags', () => 'whoami', 'they are its own'),
  refused('list nodes', 'GET', () => 'nodes'),
  refused('list users', 'GET', () => 'users'),
  refused('list permissions', 'GET', () => 'permissions'),
  refused('take the definitions with all password hashes', 'GET', () => 'definitions'),
  refused('put definitions', 'POST', () => 'definitions', { users: [] }),
  refused('read tasks', 'POST', ({ vhost, queue }) => path('queues', vhost, queue, 'get'), {
    ...{ count: 1, ackmode: 'ack_requeue_true', encoding: 'auto' },
  }),
  refused('publish', 'POST', ({ vhost, queue }) => path('exchanges', vhost, queue, 'publish'), {
    ...{ properties: {}, routing_key: 'x', payload: '{}', payload_encoding: 'string' },
  }),
  refused(
    'publish to the default exchange',
    'POST',
    ({ vhost }) => path('exchanges', vhost, 'amq.default', 'publish'),
    {
      ...{ properties: {}, routing_key: 'x', payload: '{}', payload_encoding: 'string' },
    },
  ),
  refused('empty the queue', 'DELETE', ({ vhost, queue }) => path('queues', vhost, queue, 'contents')),
  refused('delete the queue', 'DELETE', ({ vhost, queue }) => path('queues', vhost, queue)),
  refused('declare a queue', 'PUT', ({ vhost, queue }) => path('queues', vhost, `${queue}.mine`), {}),
  refused('change its own password', 'PUT', ({ user }) => path('users', user), {
    password: 'mine',
    tags: '',
  }),
  refused('make itself an administrator', 'PUT', ({ user }) => path('users', user), {
    ...{ password: 'mine', tags: 'administrator' },
  }),
  refused('give itself every permission', 'PUT', ({ vhost, user }) => path('permissions', vhost, user), {
    ...{ configure: '.*', write: '.*', read: '.*' },
  }),
  refused('make a user', 'PUT', () => path('users', 'mine'), { password: 'mine', tags: '' }),
  refused('lift its own limits', 'DELETE', ({ user }) => path('user-limits', user, 'max-connections')),
  refused('change the policy', 'PUT', ({ vhost, queue }) => path('policies', vhost, queue), {
    ...{ pattern: '.*', definition: { 'max-length': 1 } },
  }),
  refused('delete the policy', 'DELETE', ({ vhost, queue }) => path('policies', vhost, queue)),
  refused('put a policy of operators', 'PUT', ({ vhost }) => path('operator-policies', vhost, 'mine'), {
    ...{ pattern: '.*', definition: { 'max-length': 1 } },
  }),
  refused(
    'have a shovel carry tasks away',
    'PUT',
    ({ vhost }) => path('parameters', 'shovel', vhost, 'mine'),
    {
      value: { 'src-uri': 'amqp://', 'src-queue': 'tasks', 'dest-uri': 'amqp://', 'dest-queue': 'mine' },
    },
  ),
  refused('make a vhost', 'PUT', () => path('vhosts', 'mine')),
  refused('delete the vhost', 'DELETE', ({ vhost }) => path('vhosts', vhost)),
  refused('limit the vhost', 'PUT', ({ vhost }) => path('vhost-limits', vhost, 'max-connections'), {
    value: 0,
  }),
  refused('close the connections of a worker', 'DELETE', ({ queue }) =>
    path('connections', 'username', `${queue}-worker`),
  ),
  refused('have all traffic traced', 'PUT', ({ vhost }) => path('vhosts', vhost), { tracing: true }),
  refused('rebalance the queues', 'POST', () => 'rebalance/queues', {}),
  refused('enable a feature flag', 'PUT', () => path('feature-flags', 'khepri_db', 'enable'), {}),
  refused('name the cluster otherwise', 'PUT', () => 'cluster-name', { name: 'mine' }),
]
