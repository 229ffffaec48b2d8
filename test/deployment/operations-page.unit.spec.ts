import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderEnvExample } from '@harvest/config';
import { PROBLEMS, ROUTES } from '@harvest/contracts';
import { collectProcessMetrics, createMetrics, createOperatorListener, HealthRegistry, silentLogger } from '@harvest/observability';
import type { OperatorListener } from '@harvest/observability';
import { createProfiling } from '@harvest/profiling';
import { HOT_DECAY_MS, HOT_LAST, HOT_SCALE, SCORE_SCALE } from '@harvest/read-models';
import { runProgram } from '../../apps/cli/src/program';

const ROOT = join(__dirname, '..', '..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const page = read('docs/operations.md');
/** What stands between backticks. */
const named = [...new Set([...page.matchAll(/`([^`\n]+)`/g)].map(([, text = '']) => text))];
const namedLike = (pattern: RegExp) => named.filter((text) => pattern.test(text));

function sourcesOf(folder: string): string {
  const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.ts') && !/\.spec\.ts$|(^|\/)testing\//.test(file))
    .map((file) => read(join(folder, file)))
    .join('\n');
}
const sources = sourcesOf('libs') + sourcesOf('apps');
const haltReasons = [...read('libs/projections/src/engine/partition-halt.ts').matchAll(/^ {2}'?([a-z-]+)'?:/gm)].map(
  ([, reason = '']) => reason,
);

async function helpFor(words: readonly string[]): Promise<string> {
  let help = '';
  const write = (text: string) => void (help += text);
  const terminal = { isInteractive: false, drawsProgress: false, columns: 140, write, writeError: write };
  await runProgram([...words, '--help'], { terminal });
  return help;
}

describe('docs/operations.md', () => {
  let listener: OperatorListener;
  const profiling = createProfiling({ slowQueries: { thresholdMs: 100, path: null }, logger: silentLogger });
  beforeAll(async () => {
    const cache = { stats: () => ({}), invalidate: async () => ({}), clear: async () => ({}), cleanup: () => ({}) };
    const surroundings = { health: new HealthRegistry(), metrics: createMetrics(), logger: silentLogger, pools: null };
    listener = await createOperatorListener({ host: '127.0.0.1', port: 0, cache, ...surroundings, modules: [profiling.module] });
  });
  afterAll(async () => {
    await listener.close();
    await profiling.close();
  });

  it('names metrics that there are, by labels that they have', async () => {
    const metrics = createMetrics();
    collectProcessMetrics(metrics);
    const known = new Map(
      metrics.registry.getMetricsAsArray().map((metric) => {
        const { name, labelNames = [] } = metric as unknown as { name: string; labelNames?: readonly string[] };
        return [name, labelNames];
      }),
    );
    const found = namedLike(/^(harvest|http|db|cache|process|nodejs)_[a-z_]+(\{[a-z,]+\})?$/);
    expect(found.length).toBeGreaterThan(10);
    for (const text of found) {
      const [, name = '', labels = ''] = /^(\w+)(?:\{(.+)\})?$/.exec(text) ?? [];
      expect([text, known.get(name)]).toEqual([text, expect.arrayContaining(labels === '' ? [] : labels.split(','))]);
    }
  });

  it('names variables that the configuration knows', () => {
    const known = [...renderEnvExample().matchAll(/^#?([A-Z_]+)=/gm)].map(([, name]) => name);
    const found = namedLike(/^[A-Z]+(_[A-Z0-9]+)+$/);
    expect(found.length).toBeGreaterThan(5);
    for (const name of found) expect(known).toContain(name);
  });

  it.each(namedLike(/^harvest /))('%s can be typed', async (line) => {
    const words = line.split(' ').slice(1);
    const command = words.slice(
      0,
      words.concat('').findIndex((word) => !/^[a-z][a-z-]*$/.test(word)),
    );
    const help = await helpFor(command);
    expect(help.split('\n')[0]).toMatch(new RegExp(`^Usage: harvest ${command.join(' ')}( \\[| <|$)`));
    expect(help.split('\n')[0]).not.toContain('[command]');
    for (const option of words.filter((word) => word.startsWith('--'))) expect(help).toContain(option);
  });

  it.each(namedLike(/^((GET|POST) )?\/[a-z0-9/{}.-]+$/))('%s is answered', async (text) => {
    const [path = '', method = 'GET'] = text.split(' ').reverse();
    if (Object.values(ROUTES).some((route) => route.path === path && route.method === method)) return;
    const { status } = await fetch(listener.url + path, { method });
    expect(status).not.toBe(404);
  });

  it('names codes, checks and outcomes that the product has', () => {
    const known = (text: string) => text in PROBLEMS || haltReasons.includes(text) || sources.includes(`'${text}'`);
    const found = namedLike(/^[a-z]+(-[a-z]+)+$/);
    expect(found.length).toBeGreaterThan(20);
    expect(found.filter((text) => !known(text))).toEqual([]);
  });

  it('has the way out of every halt', () => {
    expect(haltReasons).toContain('history-lost');
    for (const reason of haltReasons) expect(page).toMatch(new RegExp(`^\\| \`${reason}\` +\\|`, 'm'));
  });

  it('has the headings that sources and the page itself refer to', () => {
    const headings = [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
    const referred = [...sources.matchAll(/docs\/operations(?:\.md)?, "([^"]+)"/g)].map(([, heading]) => heading);
    expect(referred).toEqual(expect.arrayContaining(['hot', 'A re-created topic']));
    for (const heading of referred) expect(headings).toContain(heading);
    const anchors = headings.map((heading) => heading.toLowerCase().replaceAll(' ', '-'));
    for (const [, anchor] of page.matchAll(/\]\(#([^)]+)\)/g)) expect(anchors).toContain(anchor);
  });

  it('has the formula of the hot order', () => {
    const scale = HOT_SCALE.toLocaleString('en');
    const decay = `${HOT_DECAY_MS / 3_600_000} h`;
    expect(page).toContain(`hot = round((ln(discoveryScore) + publishedAt / ${decay}) × ${scale})`);
    expect(page).toContain(`${decay} = ${HOT_DECAY_MS.toLocaleString('en')} ms`);
    expect([SCORE_SCALE, HOT_LAST]).toEqual([10 ** 4, -(2n ** 62n)]);
    expect(sources).toContain('Math.round((Math.log(discoveryScore / SCORE_SCALE) + publishedMs / HOT_DECAY_MS) * HOT_SCALE)');
  });
});
