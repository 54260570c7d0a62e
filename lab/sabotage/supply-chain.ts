import { type Sabotage, unit } from './sabotage.ts'

const supplyChain = unit('ops/supply-chain')
const workflows = unit('ops/workflows')
const ci = '.github/workflows/ci.yml'
const nightly = '.github/workflows/nightly.yml'

/** The rules of SECURITY.md for what comes from others, and for what runs on GitHub. */
export const supplyChainSabotages: readonly Sabotage[] = [
  {
    name: 'install-scripts-run',
    file: 'local/setup/packages.mjs',
    find: "'--ignore-scripts', ",
    replace: '',
    noticedBy: [supplyChain],
  },
  {
    name: 'packages-left-out-unnoticed',
    file: 'local/setup/packages.mjs',
    find: 'if (missing.length > 0) {',
    replace: 'if (missing.length < 0) {',
    noticedBy: [unit('local/setup')],
  },
  {
    name: 'node-by-its-name-in-bin',
    file: 'local/setup/node.mjs',
    find: '[...packages, process.execPath',
    replace: '[process.execPath',
    noticedBy: [unit('local/setup')],
  },
  {
    name: 'this-machine-through-a-proxy',
    file: 'local/setup/environment.mjs',
    find: ', ...loopback]',
    replace: ']',
    noticedBy: [unit('local/setup-environment')],
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
  {
    name: 'any-pull-request-deploys',
    file: '.github/workflows/deploy.yml',
    find: 'on:\n  workflow_dispatch:',
    replace: 'on:\n  pull_request:\n  workflow_dispatch:',
    noticedBy: [workflows],
  },
  {
    name: 'third-job-with-a-token',
    file: nightly,
    find: '    timeout-minutes: 10\n    permissions:\n      contents: read\n',
    replace: '    timeout-minutes: 10\n    permissions:\n      contents: read\n      id-token: write\n',
    noticedBy: [workflows],
  },
  {
    name: 'title-of-a-pull-request-that-is-run',
    file: ci,
    find: '      - run: npm test\n',
    replace: `      - run: npm test\n      - run: echo \${{ github.event.pull_request.title }}\n`,
    noticedBy: [workflows],
  },
  {
    name: 'job-without-an-end',
    file: '.github/workflows/deploy.yml',
    find: '    timeout-minutes: 90\n',
    replace: '',
    noticedBy: [workflows],
  },
  {
    name: 'deploy-without-settings',
    file: '.github/workflows/deploy.yml',
    find: `      - if: env.AWS_ROLE != ''\n        run: npm run "$ACTION"`,
    replace: '      - run: npm run "$ACTION"',
    noticedBy: [workflows],
  },
  {
    name: 'environment-that-github-cannot-deploy',
    file: '.github/workflows/deploy.yml',
    find: 'type: environment',
    replace: 'type: choice\n        options: [sandbox, production]',
    noticedBy: [workflows],
  },
  {
    name: 'environment-that-ci-does-not-look-at',
    file: ci,
    find: 'ops/environments.ts)',
    replace: 'ops/environments.ts | head -n 1)',
    noticedBy: [workflows],
  },
]
