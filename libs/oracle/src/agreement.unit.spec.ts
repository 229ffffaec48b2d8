import { DEFAULT_TOPIC_PREFIX } from '@harvest/contracts';
import { memorySnapshot, MemoryProjectionStore, projectLog, randomLog, SeededRandom } from '@harvest/testing';
import fc from 'fast-check';
import { verify } from './verify';

const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 25);

/** Two readings of the rules, written apart: the engine's definitions and the oracle's. */
describe('the oracle and the projections', () => {
  it('agree on every row, however the log is cut into chunks and the partitions interleave', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 12 }), fc.boolean(), async (seed, subjects, poison) => {
        const log = randomLog({ seed, records: 200, subjects, poison });
        const store = new MemoryProjectionStore();
        await projectLog(log, store, { random: new SeededRandom(seed + 1) });
        const report = await verify({ topicPrefix: DEFAULT_TOPIC_PREFIX, log, snapshot: memorySnapshot(store) });
        expect(report).toMatchObject({ differences: [], findings: [], ok: true, records: 200 });
        expect(report.ends).toMatchObject({
          projected: store.totals.projected,
          superseded: store.totals.superseded,
          'sequence-missing': store.totals.sequenceMissing,
          ignored: store.totals.ignored,
          'set-aside': store.totals.parked + store.totals.deadLettered,
        });
      }),
      { numRuns: RUNS },
    );
  }, 120_000);
});
