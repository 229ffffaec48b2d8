import { judge, keyOf, needsOf, type PartitionProgress, type PendingCompletion } from './barrier-rules';

const completion = (more: Partial<PendingCompletion> = {}): PendingCompletion => ({
  ...{ ingestionId: 'i', completedPartition: 0, completedOffset: 1n, hasCounts: false, startedMs: 0, sinceMs: 1_000, nowMs: 1_000 },
  manifest: { t: { '0': 9, '1': 4 } },
  ...more,
});
const at = (partition: number, nextOffset: bigint, more: Partial<PartitionProgress> = {}): PartitionProgress => ({
  ...{ topic: 't', partition, nextOffset, knownThroughMs: null, latestEnd: null, latestMs: null },
  ...more,
});
const progress = (...partitions: PartitionProgress[]) => new Map(partitions.map((it) => [keyOf(it), it]));
const GRACE = 100;

describe('an ingestion with a manifest', () => {
  it('has passed when every partition is past its last offset, not before', () => {
    expect(judge(completion(), progress(at(0, 10n), at(1, 5n)), GRACE)).toEqual({ kind: 'passed', basis: 'manifest' });
    expect(judge(completion(), progress(at(0, 10n), at(1, 4n)), GRACE)).toEqual({ kind: 'wait' });
    expect(needsOf(completion(), progress(at(0, 9n), at(1, 5n)))).toEqual([{ topic: 't', partition: 0, nextOffset: 10n }]);
  });

  it('of nothing has passed at once', () => {
    expect(judge(completion({ manifest: {} }), progress(), GRACE)).toEqual({ kind: 'passed', basis: 'manifest' });
  });

  it('is beyond the end only by a look at the log after the grace time', () => {
    const seen = (latestMs: number, latestEnd = 9n) => progress(at(0, 9n, { latestMs, latestEnd }), at(1, 5n));
    expect(judge(completion(), seen(1_099), GRACE)).toEqual({ kind: 'wait' });
    expect(judge(completion(), seen(1_100, 10n), GRACE)).toEqual({ kind: 'wait' });
    expect(judge(completion(), seen(1_100), GRACE)).toEqual({
      kind: 'beyond-end',
      partitions: [{ topic: 't', partition: 0, lastOffset: '9', endOffset: '9' }],
    });
  });

  it('waits while another partition may still be reached', () => {
    const late = { latestMs: 2_000 };
    expect(judge(completion(), progress(at(0, 9n, { ...late, latestEnd: 9n }), at(1, 4n, { ...late, latestEnd: 5n })), GRACE)).toEqual({
      kind: 'wait',
    });
  });

  it('that names a partition nobody knows is incomplete after the grace time', () => {
    expect(judge(completion(), progress(at(0, 10n)), GRACE)).toEqual({ kind: 'wait' });
    expect(judge(completion({ nowMs: 1_100 }), progress(at(0, 10n)), GRACE)).toMatchObject({
      kind: 'beyond-end',
      partitions: [{ partition: 1, endOffset: null }],
    });
  });
});

describe('an ingestion without a manifest', () => {
  it.each([
    [true, 'counts'],
    [false, 'word'],
  ])('counts %s: is taken at its word once everything of its arrival is applied everywhere', (hasCounts, basis) => {
    const waiting = completion({ manifest: null, hasCounts });
    expect(judge(waiting, progress(at(0, 0n, { knownThroughMs: 1_000 }), at(1, 0n, { knownThroughMs: 999 })), GRACE)).toEqual({
      kind: 'wait',
    });
    expect(judge(waiting, progress(at(0, 0n, { knownThroughMs: 1_000 }), at(1, 0n)), GRACE)).toEqual({ kind: 'wait' });
    expect(judge(waiting, progress(at(0, 0n, { knownThroughMs: 1_000 }), at(1, 0n, { knownThroughMs: 1_001 })), GRACE)).toEqual({
      kind: 'passed',
      basis,
    });
  });
});
