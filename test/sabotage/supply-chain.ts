import { type Sabotage, unit } from './sabotage.ts'

const supplyChain = unit('ops/supply-chain')
const workflows = unit('ops/workflows')
const ci = '.github/workflows/ci.yml'
const nightly = '.github/workflows/nightly.yml'

/** The rules of SECURITY.md for what comes from others, and for what runs on GitHub. */
export const supplyChainSabotages: readonly Sabotage[] = [
  {
    name: 'install-scripts-run',
    file: 'local/setup.mjs',
    find: "'--ignore-scripts', ",
    replace: '',
    noticedBy: [supplyChain],
  },
  {
    name: 'no-audit',
    file: ci,
    find: '      - run: npm audit --omit=dev --audit-level=high\n',
    replace: '',
    noticedBy: [supplyChain],
  },
  {
    name: 'workflow-with-all-rights',
    file: ci,
    find: 'permissions: {}',
    replace: 'permissions: write-all',
    noticedBy: [workflows],
  },
  {
    name: 'version-that-moves',
    file: 'package.json',
    find: '"amqplib": "',
    replace: '"amqplib": "^',
    noticedBy: [supplyChain],
  },
  {
    name: 'action-by-its-tag',
    file: nightly,
    find: 'run: npm run test:full',
    replace: 'uses: actions/checkout@v7\n      - run: npm run test:full',
    noticedBy: [workflows],
  },
  {
    name: 'package-without-a-hash',
    file: 'package-lock.json',
    find: '"node_modules/amqplib": {',
    replace: '"node_modules/unhashed": { "version": "1.0.0" },\n    "node_modules/amqplib": {',
    noticedBy: [supplyChain],
  },
  {
    name: 'base-image-that-moves',
    file: 'services/worker/Dockerfile',
    find: 'library/node:',
    replace: 'library/node:lts-slim\n# ',
    noticedBy: [supplyChain],
  },
  {
    name: 'no-audit-at-night',
    file: nightly,
    find: '      - run: npm audit --audit-level high\n',
    replace: '',
    noticedBy: [supplyChain],
  },
  {
    name: 'updates-that-nobody-proposes',
    file: '.github/dependabot.yml',
    find: 'package-ecosystem: docker',
    replace: 'package-ecosystem: gomod',
    noticedBy: [supplyChain],
  },
  {
    name: 'token-for-a-fork',
    file: ci,
    find: ' && github.event.pull_request.head.repo.full_name == github.repository',
    replace: '',
    noticedBy: [workflows],
  },
  {
    name: 'code-of-a-fork-with-our-rights',
    file: ci,
    find: 'on:\n  pull_request:\n',
    replace: 'on:\n  pull_request_target:\n',
    noticedBy: [workflows],
  },
  {
    name: 'stored-keys',
    file: '.github/workflows/deploy.yml',
    find: `role-to-assume: \${{ vars.AWS_ROLE_ARN }}`,
    replace: `aws-access-key-id: \${{ secrets.AWS_ACCESS_KEY_ID }}`,
    noticedBy: [workflows],
  },
]
