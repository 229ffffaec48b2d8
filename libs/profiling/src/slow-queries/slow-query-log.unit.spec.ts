import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@harvest/observability';
import type { ObservedQuery } from '@harvest/observability';
import { SlowQueryLog } from './slow-query-log';

const observed = (over: Partial<ObservedQuery> = {}): ObservedQuery => ({
  ...{ query: 'list-discoveries', tookMs: 123.456, waitedMs: 1.04, rows: 20, generation: 3, failure: null },
  ...over,
});
const inMemory = (thresholdMs: number) => new SlowQueryLog({ thresholdMs, path: null, logger: silentLogger });

describe('the log of slow reads', () => {
  it('takes what lasted as long as the threshold, and nothing at 0', () => {
    const log = inMemory(100);
    const off = inMemory(0);
    for (const tookMs of [99.999, 100, 5000]) for (const one of [log, off]) one.record(observed({ tookMs }));
    expect(log.latest(10).map(({ tookMs }) => tookMs)).toEqual([5000, 100]);
    expect(off.latest(10)).toEqual([]);
  });

  it('keeps the newest 200 and shows them newest first', () => {
    const log = inMemory(1);
    for (let rows = 0; rows < 450; rows += 1) log.record(observed({ rows }));
    const rows = log.latest(1000).map((slow) => slow.rows);
    expect([rows.length, rows[0], rows.at(-1)]).toEqual([200, 449, 250]);
    expect(log.latest(2).map((slow) => slow.rows)).toEqual([449, 448]);
  });

  it('writes a line of JSON for each, and of failures their code', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'slow-query-log-'));
    const path = join(folder, 'slow.jsonl');
    const log = new SlowQueryLog({ thresholdMs: 100, path, logger: silentLogger });
    log.record(observed());
    log.record(observed({ rows: null, waitedMs: null, failure: 'store-timeout' }));
    await log.close();
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    const at = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string;
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { at, query: 'list-discoveries', tookMs: 123.5, waitedMs: 1, rows: 20, generation: 3 },
      { at, query: 'list-discoveries', tookMs: 123.5, waitedMs: null, rows: null, generation: 3, failure: 'store-timeout' },
    ]);
    rmSync(folder, { recursive: true });
  });
});
