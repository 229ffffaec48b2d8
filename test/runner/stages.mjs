// What `npm test` consists of. Budgets are seconds on two cores; a stage is ended at `DEADLINE_FACTOR` times its budget.
export const DEADLINE_FACTOR = 5;

/** Checks of what is written, begun in this order. */
export const GATES = [
  { name: 'types', command: ['tsc', '--noEmit', '-p', '.'], budget: 30 },
  { name: 'build', command: ['npm', 'run', '--silent', 'build'], budget: 15 },
  { name: 'format', command: ['prettier', '--check', '--log-level', 'warn', '.'], budget: 30 },
  { name: 'lint', command: ['oxlint', '--type-aware', '--deny-warnings'], budget: 20 },
  { name: 'architecture', command: ['depcruise', '--config', '.dependency-cruiser.cjs', 'apps', 'libs', 'migrations', 'test'], budget: 15 },
  { name: 'dead code', command: ['knip'], budget: 15 },
  { name: 'house rules', command: ['node', 'test/gates/check-house.mjs'], budget: 10 },
  { name: 'compose file', command: ['dclint', 'docker-compose.yml', '--max-warnings', '0'], budget: 10 },
];

const SERVICES = ['postgres', 'redis', 'kafka'];

/** `services`: which it needs; `workers`: how many suites side by side. */
export const SUITES = {
  unit: { stage: 'unit', budget: 30, workers: 3, services: [] },
  int: { stage: 'int', budget: 240, workers: 2, services: SERVICES },
  // The same promises on the Postgres that the one-process start brings along.
  contract: {
    stage: 'int',
    budget: 90,
    workers: 2,
    services: [...SERVICES, 'postgres-embedded'],
    only: ['libs/store', 'libs/ingest', 'libs/oracle', 'libs/queries'],
  },
  e2e: { stage: 'e2e', budget: 180, workers: 1, services: SERVICES },
  // Brings up a set of its own: it kills what others stand on.
  integrity: { stage: 'integrity', budget: 120, workers: 1, services: [] },
};

/** Short forms are the suites' own defaults; these make them whole. */
export const LONG_ENVIRONMENT = {
  FUZZ_RUNS: '200000',
  PROPERTY_RUNS: '2000',
  RACE_INTERLEAVINGS: '10000',
  MUTATION_RUNS: '100',
  INTEGRITY_MINUTES: '10',
};
