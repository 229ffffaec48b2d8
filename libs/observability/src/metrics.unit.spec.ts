import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createMetrics } from './metrics';

const root = join(__dirname, '../../..');
/** Named, and emitted by nobody yet: a debt that is seen. */
const OWED: readonly string[] = [];
const named = Object.keys(createMetrics()).filter((name) => name !== 'registry');

/** What ships: neither tests nor the file that names the metrics. */
function readShippedSource(): string {
  const files = ['apps', 'libs'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path)),
  );
  const shipped = files.filter((path) => path.endsWith('.ts') && !/\.spec\.ts$|\/testing\/|observability\/src\/metrics\.ts$/.test(path));
  return shipped.map((path) => readFileSync(join(root, path), 'utf8')).join('\n');
}

describe('every metric', () => {
  const source = readShippedSource();

  const isEmitted = (name: string) =>
    new RegExp(String.raw`\b${name}\s*\.\s*(inc|dec|set|observe|startTimer|labels|remove|reset)\b|\b${name}\b[,\s}][^;]*metrics`).test(
      source,
    );

  it.each(named.filter((name) => !OWED.includes(name)))('%s is really emitted somewhere', (name) => {
    expect(isEmitted(name)).toBe(true);
  });

  it('that is owed is owed still, or leaves the list', () => {
    expect(OWED.filter(isEmitted)).toEqual([]);
  });

  it('is registered under a name of its own, in base units, with bounded labels', async () => {
    const { registry, tallies: _tallies, ...metrics } = createMetrics();
    const registered = await registry.getMetricsAsJSON();
    expect(registered).toHaveLength(Object.keys(metrics).length);
    for (const { name, help } of registered) {
      expect(name).toMatch(/^[a-z_]+$/);
      expect(name).not.toMatch(/_(ms|milliseconds|kb|mb)$/);
      expect(help).toMatch(/\.$/);
    }
  });

  it('of one process does not touch those of another', async () => {
    const [first, second] = [createMetrics(), createMetrics()];
    first.httpInProgress.inc();
    expect(await second.registry.metrics()).toContain('http_requests_in_progress 0');
  });
});
