import type { Manifest, TopicPartition } from '@harvest/contracts';
import type { Offset } from '@harvest/kernel';
import { CACHE_SCOPES, type IngestionBarrier, type IngestionCompletion, type IngestionOutcome } from '@harvest/read-models';
import { ask, askRead, transact, type TransactionOptions } from '../connection/transact';
import type { WriteTransaction } from '../connection/write-transaction';
import { ArrayEncoder } from '../encoding/array-encoder';
import { schemaOf } from '../tables/generation-schema';
import { judge, keyOf, manifestEntries, needsOf, type Judgement, type PartitionProgress, type PendingCompletion } from './barrier-rules';
import { BARRIER_STATEMENTS as SQL, pendingStatements } from './barrier-statements';
import { sendMoveCountersDecided } from './counters';
import { NOTIFY_STATEMENT, ingestionPayload } from './notices';

export interface IngestionBarrierOptions extends TransactionOptions {
  /** How long a manifest may promise offsets that the log does not hold. */
  readonly graceMs: number;
}

interface Verdict {
  readonly pending: PendingCompletion;
  readonly outcome: IngestionOutcome;
  readonly detail: unknown;
}

export class PostgresIngestionBarrier implements IngestionBarrier {
  constructor(private readonly options: IngestionBarrierOptions) {}

  async pending(): Promise<readonly { ingestionId: string; needs: readonly (TopicPartition & { nextOffset: Offset })[] }[]> {
    const generation = await this.activeGeneration();
    if (generation === null) return [];
    const waiting = await this.listPending(generation);
    if (waiting.length === 0) return [];
    const progress = progressOf((await askRead(this.options, SQL.positions, [generation])).rows);
    return waiting.map((pending) => ({ ingestionId: pending.ingestionId, needs: needsOf(pending, progress) }));
  }

  async decide(): Promise<readonly IngestionCompletion[]> {
    const generation = await this.activeGeneration();
    if (generation === null || (await this.listPending(generation)).length === 0) return [];
    return transact(this.options, 'deciding ingestions', (transaction) => this.decideHeld(transaction));
  }

  private async decideHeld(transaction: WriteTransaction): Promise<readonly IngestionCompletion[]> {
    const generation = (await ask(transaction, SQL.holdPointer)).rows[0]![0] as number;
    const statements = pendingStatements(schemaOf(generation));
    const waiting = (await ask(transaction, statements.lock)).rows.map(decodePending);
    if (waiting.length === 0) return [];
    const progress = progressOf((await ask(transaction, SQL.positions, [generation])).rows);
    const verdicts: Verdict[] = [];
    for (const pending of waiting) {
      const judgement = judge(pending, progress, this.options.graceMs);
      if (judgement.kind !== 'wait') verdicts.push(await this.conclude(transaction, { generation, pending, judgement }));
    }
    const completions: IngestionCompletion[] = [];
    for (const verdict of verdicts) {
      const completion = await this.record(transaction, verdict);
      transaction.put(statements.markDecided, [verdict.pending.ingestionId]);
      if (completion !== null) completions.push(completion);
    }
    await this.announce(transaction, completions);
    return completions;
  }

  private async conclude(
    transaction: WriteTransaction,
    at: { generation: number; pending: PendingCompletion; judgement: Exclude<Judgement, { kind: 'wait' }> },
  ): Promise<Verdict> {
    const { pending, judgement } = at;
    if (judgement.kind === 'beyond-end')
      return { pending, outcome: 'incomplete', detail: { reason: 'beyond-end', partitions: judgement.partitions } };
    const rejections = await this.findRejections(transaction, at.generation, pending);
    if (rejections.total === 0) return { pending, outcome: 'complete', detail: { basis: judgement.basis } };
    return { pending, outcome: 'complete-with-rejections', detail: { basis: judgement.basis, ...rejections } };
  }

  private async findRejections(transaction: WriteTransaction, generation: number, pending: PendingCompletion) {
    const { rows } = await (pending.manifest === null
      ? ask(transaction, SQL.rejectionsNaming, [generation, pending.ingestionId])
      : ask(transaction, SQL.rejectionsUpTo, [
          generation,
          pending.ingestionId,
          ...manifestArrays(pending.manifest),
          pending.startedMs ?? 0,
        ]));
    const rejections = rows.map((row) => ({ topic: row[0], partition: row[1], offset: row[2], kind: row[3], code: row[4] }));
    return { total: (rows[0]?.[5] as number | undefined) ?? 0, rejections };
  }

  private async record(transaction: WriteTransaction, verdict: Verdict): Promise<IngestionCompletion | null> {
    const { pending, outcome, detail } = verdict;
    const { ingestionId, completedPartition, completedOffset } = pending;
    const values = [ingestionId, completedPartition, completedOffset, outcome, JSON.stringify(detail)];
    const row = (await ask(transaction, SQL.insertOutcome, values)).rows[0];
    return row === undefined ? null : { ingestionId, outcome, detail, decidedMs: Number(row[0]) };
  }

  /** Counters last: they are locked for a commit only. A completion makes every answer new; a failed barrier only the ingestion's. */
  private async announce(transaction: WriteTransaction, completions: readonly IngestionCompletion[]): Promise<void> {
    if (completions.length === 0) return;
    for (const { ingestionId } of completions) transaction.put(NOTIFY_STATEMENT, [ingestionPayload(ingestionId)]);
    const passed = completions.some(({ outcome }) => outcome !== 'incomplete');
    await sendMoveCountersDecided(transaction, passed ? CACHE_SCOPES : ['ingestions']);
  }

  private async activeGeneration(): Promise<number | null> {
    return ((await askRead(this.options, SQL.pointer)).rows[0]?.[0] as number | undefined) ?? null;
  }

  private async listPending(generation: number): Promise<readonly PendingCompletion[]> {
    return (await askRead(this.options, pendingStatements(schemaOf(generation)).list)).rows.map(decodePending);
  }
}

function manifestArrays(manifest: Manifest): (Buffer | null)[] {
  const encoder = new ArrayEncoder();
  const entries = manifestEntries(manifest);
  return [
    encoder.array('text', entries, (entry) => entry.topic),
    encoder.array('int4', entries, (entry) => entry.partition),
    encoder.array('int8', entries, (entry) => entry.nextOffset - 1n),
  ];
}

function decodePending(row: readonly unknown[]): PendingCompletion {
  const [ingestionId, partition, offset, manifest, counts, startedMs, sinceMs, nowMs] = row as [
    ...[string, number, string, string | null, string | null, string | null],
    ...[string, string],
  ];
  return {
    ingestionId,
    completedPartition: partition,
    completedOffset: BigInt(offset),
    manifest: manifest === null ? null : (JSON.parse(manifest) as Manifest),
    hasCounts: counts !== null,
    startedMs: startedMs === null ? null : Number(startedMs),
    sinceMs: Number(sinceMs),
    nowMs: Number(nowMs),
  };
}

function progressOf(rows: readonly unknown[][]): ReadonlyMap<string, PartitionProgress> {
  const number = (value: unknown) => (value === null ? null : Number(value));
  const progress = rows.map((row) => ({
    topic: row[0] as string,
    partition: row[1] as number,
    nextOffset: BigInt(row[2] as string),
    knownThroughMs: number(row[3]),
    latestEnd: row[4] === null ? null : BigInt(row[4] as string),
    latestMs: number(row[5]),
  }));
  return new Map(progress.map((it) => [keyOf(it), it]));
}
