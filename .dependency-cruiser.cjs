// One row a room: the only other rooms it may import. `app` and the entry files may import everything; nobody imports them.
const GROUND = ['kernel', 'config', 'observability', 'access'];
const FLOOR = [...GROUND, 'crypto', 'database', 'jobs', 'outbox', 'audit'];
const ALLOWED = {
  kernel: [],
  config: ['kernel'],
  access: ['kernel'],
  observability: ['kernel', 'config', 'access', 'crypto'],
  crypto: ['kernel', 'config'],
  database: ['kernel', 'config', 'observability'],
  entra: ['kernel', 'config', 'observability', 'crypto'],
  jobs: [...GROUND, 'database', 'crypto'],
  outbox: ['kernel', 'observability', 'crypto', 'database', 'jobs'],
  audit: [...GROUND, 'crypto', 'database', 'jobs', 'outbox'],
  keys: FLOOR,
  limits: [...GROUND, 'crypto', 'database'],
  tenants: [...FLOOR, 'entra'],
  users: [...FLOOR, 'entra', 'tenants'],
  notifications: [...FLOOR, 'tenants'],
  health: [...GROUND, 'database', 'jobs', 'audit', 'tenants'],
  rbac: [...FLOOR, 'entra', 'tenants', 'users'],
  drift: [...FLOOR, 'entra', 'tenants'],
  scim: [...FLOOR, 'tenants', 'users'],
  auth: [...FLOOR, 'limits', 'entra', 'tenants', 'users', 'rbac'],
};

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'decorated classes that import each other crash at load',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'unknown-room',
      comment: 'every folder under src has a row above',
      severity: 'error',
      from: { path: '^src/', pathNot: `^src/(${[...Object.keys(ALLOWED), 'app'].join('|')})/|^src/[^/]+\\.ts$` },
      to: {},
    },
    {
      name: 'private-files',
      comment: 'repository, entity, controller and dto stay inside their room',
      severity: 'error',
      from: { path: '^src/([^/]+)/', pathNot: '^src/app/' },
      to: { path: '\\.(repository|entity|controller)\\.ts$|/dto/', pathNot: '^src/$1/' },
    },
    {
      name: 'product-knows-no-tools',
      comment: 'what is shipped never imports the demo, benchmarks, tests or the web source',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.(spec|db-spec)\\.ts$' },
      to: { path: '^(demo|bench|test|console)/' },
    },
    {
      name: 'demo-stands-alone',
      comment: 'the demo tenant is a peer on the network, not a part of the product',
      severity: 'error',
      from: { path: '^demo/' },
      to: { path: '^(src|test|bench)/' },
    },
    {
      name: 'nobody-imports-app',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: '^src/app/' },
      to: { path: '^src/app/' },
    },
    {
      name: 'controller-calls-service-only',
      severity: 'error',
      from: { path: '\\.controller\\.ts$' },
      to: { path: '\\.(repository|entity)\\.ts$' },
    },
    {
      name: 'repository-knows-no-http',
      severity: 'error',
      from: { path: '\\.(repository|entity)\\.ts$' },
      to: { path: '\\.(controller|guard|interceptor|filter)\\.ts$|/dto/' },
    },
    {
      name: 'only-repositories-know-typeorm',
      comment: 'services hold a Transaction, which they pass on and never look into',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.(repository|entity)\\.ts$|^src/(database|app)/|\\.module\\.ts$|spec\\.ts$' },
      to: { path: 'node_modules/typeorm' },
    },
    {
      name: 'the-judge-of-decisions-is-independent',
      comment: 'the evaluator that decisions are compared with shares no line with them',
      severity: 'error',
      from: { path: '^test/rbac/naive-evaluator\\.ts$' },
      to: { path: '^src/' },
    },
    {
      name: 'passport-azure-ad-in-one-file',
      comment: 'frozen upstream: it must be replaceable by changing one file',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/entra/entra-bearer\\.strategy\\.ts$' },
      to: { path: 'passport-azure-ad' },
    },
    ...Object.entries(ALLOWED).map(([room, allowed]) => ({
      name: `imports-of-${room}`,
      severity: 'error',
      from: { path: `^src/${room}/`, pathNot: 'spec\\.ts$' },
      to: { path: '^src/', pathNot: `^src/(${[room, ...allowed].join('|')})/` },
    })),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|node_modules)/' },
  },
};
