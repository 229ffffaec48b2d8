import { toOffset } from '@harvest/kernel';
import { createMetrics } from '@harvest/observability';
import { exportStatus } from './projector-metrics';
import type { PartitionStatus, ProjectorStatus } from './projector-status';

const topic = 'signals.scores.v1';
const partition = (number: number, of: Partial<PartitionStatus> = {}): PartitionStatus => {
  const counts = { nextOffset: toOffset(0), endOffset: toOffset(7), lagRecords: 7, parkedKeys: 2, advancedMs: 0 };
  return { topic, partition: number, state: 'claimed', reason: null, ...counts, ...of };
};
const consumed = (generation: number, ...partitions: readonly PartitionStatus[]) => ({ generation, lastPollAgeMs: 1_500, partitions });
const status = (...generations: ProjectorStatus['generations']): ProjectorStatus => ({ generations, refused: [], queuedBytes: 0 });

/** The series of the projector's gauges, without their descriptions. */
async function seriesAfter(...statuses: readonly ProjectorStatus[]): Promise<readonly string[]> {
  const metrics = createMetrics();
  for (const one of statuses) exportStatus(metrics, one);
  const lines = (await metrics.registry.metrics()).split('\n');
  return lines.filter((line) => /^harvest_(lag_records|parked_keys|partitions_halted|last_poll_age_seconds)\b/.test(line));
}
const lag = (generation: number, number: number) =>
  `harvest_lag_records{topic="${topic}",partition="${number}",generation="${generation}"} 7`;

describe('the gauges of a projector', () => {
  const halted = partition(1, { state: 'halted', reason: 'history-lost', lagRecords: null });

  it('tell lag by partition, parked keys by topic, halts by reason, and the oldest poll', async () => {
    await expect(seriesAfter(status(consumed(1, partition(0), halted)))).resolves.toEqual([
      'harvest_partitions_halted{reason="history-lost"} 1',
      lag(1, 0),
      'harvest_last_poll_age_seconds 1.5',
      `harvest_parked_keys{topic="${topic}"} 4`,
    ]);
  });

  it('say the same of the same, and forget what a generation has left behind', async () => {
    const both = status(consumed(1, partition(0), halted), consumed(2, partition(0)));
    await expect(seriesAfter(both, both, status(consumed(2, partition(0))))).resolves.toEqual([
      lag(2, 0),
      'harvest_last_poll_age_seconds 1.5',
      `harvest_parked_keys{topic="${topic}"} 2`,
    ]);
  });
});
