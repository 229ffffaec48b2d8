import type { Checkpoint, Claim, RecordFingerprint } from '@harvest/read-models';
import { toOffset } from '@harvest/kernel';
import type { Statement } from '../connection/write-transaction';

const KEY = 'generation = $1 AND topic = $2 AND partition = $3';

/** Held shared by whoever writes facts, exclusively by an erasure. */
const ERASURE_LOCK = 0x68617276;

export const CHECKPOINT_STATEMENTS = {
  /** Epoch *and* position: one row, or another owner has moved the checkpoint. */
  fence: {
    name: 'checkpoint_fence',
    text: `UPDATE harvest.checkpoint SET next_offset = $6::int8, last_offset = coalesce($7::int8, last_offset), last_hash = coalesce($8, last_hash)
      WHERE ${KEY} AND epoch = $4::int8 AND next_offset = $5::int8 RETURNING parked_keys`,
  },
  erasureLock: { name: 'erasure_lock_shared', text: `SELECT pg_advisory_xact_lock_shared(${ERASURE_LOCK})` },
  find: { name: 'checkpoint_find', text: `SELECT epoch, next_offset, parked_keys FROM harvest.checkpoint WHERE ${KEY}` },
  /** Waits for a commit in flight that holds the row. */
  hold: { name: 'checkpoint_hold', text: `SELECT epoch, next_offset, parked_keys FROM harvest.checkpoint WHERE ${KEY} FOR UPDATE` },
  claim: {
    name: 'checkpoint_claim',
    text: `UPDATE harvest.checkpoint SET epoch = epoch + 1, owner = $4 WHERE ${KEY}
      RETURNING epoch, next_offset, parked_keys, last_offset, last_hash`,
  },
  /** ON CONFLICT alone would wait for whoever is moving the row it meets: a stopped projector must not hinder another's start. */
  ensure: {
    name: 'checkpoint_ensure',
    text: `INSERT INTO harvest.checkpoint (generation, topic, partition, next_offset, first_offset, partition_count)
      SELECT $1::int4, batch.topic, batch.partition, batch.first_offset, batch.first_offset, batch.partition_count
      FROM unnest($2::text[], $3::int4[], $4::int8[], $5::int4[]) AS batch (topic, partition, first_offset, partition_count)
      WHERE NOT EXISTS (SELECT FROM harvest.checkpoint AS c WHERE (c.generation, c.topic, c.partition) = ($1, batch.topic, batch.partition))
      ORDER BY batch.topic COLLATE "C", batch.partition ON CONFLICT (generation, topic, partition) DO NOTHING`,
  },
  load: {
    name: 'checkpoint_load',
    text: `SELECT topic, partition, epoch, next_offset, parked_keys, last_offset, last_hash, first_offset, owner, partition_count, layout
      FROM harvest.checkpoint WHERE generation = $1 ORDER BY topic, partition`,
  },
} as const satisfies Record<string, Statement>;

/** A row of `claim`. */
export function decodeClaim(row: readonly unknown[], at: { topic: string; partition: number }): Claim {
  const [epoch, nextOffset, parkedKeys, lastOffset, lastHash] = row as [string, string, number, string | null, string | null];
  return {
    topic: at.topic,
    partition: at.partition,
    epoch: BigInt(epoch),
    nextOffset: toOffset(nextOffset),
    parkedKeys,
    lastRecord: lastRecord(lastOffset, lastHash),
  };
}

/** A row of `load`. */
export function decodeCheckpoint(row: readonly unknown[]): Checkpoint {
  const [topic, partition, ...rest] = row as [string, number, ...unknown[]];
  return {
    ...decodeClaim(rest, { topic, partition }),
    firstOffset: toOffset(rest[5] as string),
    owner: rest[6] as string | null,
    partitionCount: rest[7] as number,
    layout: rest[8] as number,
  };
}

function lastRecord(offset: string | null, hash: string | null): RecordFingerprint | null {
  return offset === null || hash === null ? null : { offset: toOffset(offset), hash };
}
