import type { LogAdmin, LogReader, TopicFamily } from '@harvest/contracts';
import { HarvestError, toOffset } from '@harvest/kernel';
import { compareTables, type Comparison, type TableVerdict } from './compare-tables';
import { expectedTables } from './expected-tables';
import { Reducer, type RecordEnd } from './reducer';
import type { Finding } from './set-aside';
import type { SnapshotToVerify } from './snapshot';

export interface VerifyOptions {
  readonly topicPrefix: string;
  readonly log: LogReader & Pick<LogAdmin, 'ranges'>;
  readonly snapshot: SnapshotToVerify;
  /** As the projector is configured. Default: a poison's key is parked. */
  readonly onPoison?: (family: TopicFamily) => 'park' | 'skip';
  /** Called after each batch: offsets done, offsets in all. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export interface VerificationReport extends Comparison {
  /** No row differs, no record ended otherwise than the rules say, and no table was passed over. */
  readonly ok: boolean;
  /** Records read, up to exactly the snapshot's checkpoints. */
  readonly records: number;
  readonly ends: Readonly<Record<RecordEnd, number>>;
  readonly findings: readonly Finding[];
  /** Keys seen in two partitions: left out. */
  readonly excludedKeys: number;
}

/**
 * Reduces the log to exactly the snapshot's checkpoints and compares every row of every table. Reads only; may be repeated.
 * Rejects with `log-history-lost` or `log-behind-checkpoint` when the log cannot prove the snapshot, `topic-unknown`, or what the
 * log and the snapshot reject with.
 */
export async function verify(options: VerifyOptions): Promise<VerificationReport> {
  await checkLogReaches(options);
  const reducer = new Reducer(options, options.snapshot);
  const records = await reduceLog(reducer, options);
  const findings = reducer.finish();
  const comparison = await compareTables(expectedTables(reducer), options.snapshot);
  const excludedKeys = reducer.conflictingArtifacts.size + reducer.conflictingIngestions.size;
  const ok = comparison.differing === 0 && findings.length === 0 && comparison.tables.every(isProved);
  return { ok, records, ends: reducer.ends, findings, excludedKeys, ...comparison };
}

/** A table of which nothing was compared, though rows were expected, proves nothing. */
function isProved({ expected, compared, expectedHash, actualHash }: TableVerdict): boolean {
  return expected === compared && (expected === 0 || compared > 0) && expectedHash === actualHash;
}

async function checkLogReaches({ log, snapshot }: VerifyOptions): Promise<void> {
  const topics = [...new Set(snapshot.positions.map(({ topic }) => topic))];
  const ranges = await log.ranges(topics);
  for (const { topic, partition, nextOffset, firstOffset } of snapshot.positions) {
    if (nextOffset === firstOffset) continue;
    const range = ranges.find((candidate) => candidate.topic === topic && candidate.partition === partition);
    const place = `${topic}, partition ${partition}`;
    if (!range || range.endOffset < nextOffset) {
      throw new HarvestError({
        code: 'log-behind-checkpoint',
        message: `${place}: the log ends at ${range?.endOffset ?? 'nothing'}, before the checkpoint ${nextOffset}; it is not the log that was projected`,
      });
    }
    if (range.startOffset > firstOffset) {
      throw new HarvestError({
        code: 'log-history-lost',
        message: `${place}: the log now starts at ${range.startOffset}, the rows were made from ${firstOffset} on; they can no longer be proved`,
      });
    }
  }
}

async function reduceLog(reducer: Reducer, { log, snapshot, onProgress, signal }: VerifyOptions): Promise<number> {
  const total = snapshot.positions.reduce((sum, { nextOffset, firstOffset }) => sum + Number(nextOffset - firstOffset), 0);
  let records = 0;
  let before = 0;
  for (const { topic, partition, firstOffset, nextOffset } of snapshot.positions) {
    if (nextOffset === firstOffset) continue;
    for await (const batch of log.read({ topic, partition, from: toOffset(firstOffset), to: nextOffset })) {
      signal?.throwIfAborted();
      for (const record of batch) reducer.add({ topic, partition }, record);
      records += batch.length;
      const last = batch.at(-1);
      if (last) onProgress?.(before + Number(last.offset - firstOffset) + 1, total);
    }
    before += Number(nextOffset - firstOffset);
  }
  return records;
}
