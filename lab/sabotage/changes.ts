import { infra, type Sabotage } from './sabotage.ts'

/** What a change of a setting would move, take back or replace, and what a deploy is refused for. */
export const changesSabotages: readonly Sabotage[] = [
  {
    name: 'addresses-that-follow-the-zones',
    file: 'infra/constructs/network.ts',
    find: '      reservedAzs: mostZones - zones,\n',
    replace: '',
    noticedBy: [infra('addresses')],
  },
  {
    name: 'addresses-that-follow-the-tiers',
    file: 'infra/constructs/network.ts',
    find: '        cidrMask: blockMask,\n      },\n      //',
    replace: '      },\n      //',
    noticedBy: [infra('addresses')],
  },
  {
    name: 'broker-in-every-zone',
    file: 'infra/constructs/broker.ts',
    find: 'subnetIds.slice(0, brokerNodes[settings.mode])',
    replace: 'subnetIds',
    noticedBy: [infra('addresses')],
  },
  {
    name: 'export-that-is-taken-back',
    file: 'infra/foundation-stack.ts',
    find: 'this.exportValue(subnetId)',
    replace: 'void subnetId',
    noticedBy: [infra('addresses')],
  },
  {
    name: 'secrets-that-change-their-user',
    file: 'infra/constructs/queue-topology.ts',
    find: `\`\${queue}-\${id}\``,
    replace: 'id',
    noticedBy: [infra('names')],
  },
]
