import { createHash } from 'node:crypto';
import { toOffset } from '@harvest/kernel';
import {
  CANONICAL_TABLES,
  type CanonicalRow,
  type CanonicalTable,
  type GenerationRef,
  type VerificationSnapshot,
  type VerificationStore,
} from '@harvest/read-models';
import type { PoolClient } from 'pg';
import { classifyError } from '../connection/classify-error';
import type { Pools } from '../connection/pools';
import { decodeCorrection } from '../dead-letters/postgres-correction-store';
import { canonicalQuery, canonicalRow } from './canonical-tables';
import { ConflictingKeys } from './conflicting-keys';

const BATCH_ROWS = 2_000;
const DOING = 'reading a verification snapshot';

const TEXTS = {
  positions: `SELECT topic, partition, next_offset, first_offset FROM harvest.checkpoint WHERE generation = $1 ORDER BY topic, partition`,
  corrections: 'SELECT topic, partition, log_offset, value FROM harvest.correction ORDER BY topic, partition, log_offset',
  setAside: `SELECT topic, partition, log_offset, kind, code FROM harvest.dead_letter WHERE generation = $1
    ORDER BY topic, partition, log_offset`,
  conflicts: 'SELECT topic, key FROM harvest.key_conflict WHERE generation = $1 ORDER BY topic, key',
} as const;

export class PostgresVerificationStore implements VerificationStore {
  constructor(private readonly pools: Pools) {}

  /** Holds a reader's connection and vacuum until closed. */
  async openSnapshot(generation: GenerationRef): Promise<VerificationSnapshot> {
    const client = await this.pools.checkOutReader(DOING);
    try {
      // Whoever compares may take its time between two batches.
      await client.query(`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL idle_in_transaction_session_timeout = 0;
        SET LOCAL statement_timeout = 0`);
      const at = [generation.generation];
      const positions = await rowsOf(client, TEXTS.positions, at);
      const corrections = await rowsOf(client, TEXTS.corrections);
      const setAside = await rowsOf(client, TEXTS.setAside, at);
      const conflicts = await rowsOf(client, TEXTS.conflicts, at);
      return {
        positions: positions.map(decodePosition),
        corrections: corrections.map(decodeCorrection),
        setAside: setAside.map(decodeSetAside),
        conflictingKeys: conflicts.map((row) => ({ topic: row[0] as string, key: row[1] as string })),
        rows: (table) => readTable(client, table, generation.schema),
        close: once(() => this.endSnapshot(client)),
      };
    } catch (error) {
      this.pools.giveBack(client, true);
      throw classifyError(error, DOING);
    }
  }

  /** In one snapshot, without keys seen in two partitions and their counts. Streams: memory does not grow with the tables. */
  async contentHashes(generation: GenerationRef): Promise<readonly { table: CanonicalTable; rows: number; hash: string }[]> {
    const snapshot = await this.openSnapshot(generation);
    try {
      const conflicts = new ConflictingKeys(snapshot.conflictingKeys);
      const hashes: { table: CanonicalTable; rows: number; hash: string }[] = [];
      for (const table of Object.keys(CANONICAL_TABLES) as CanonicalTable[]) hashes.push(await hashTable(snapshot, table, conflicts));
      return hashes;
    } finally {
      await snapshot.close();
    }
  }

  private async endSnapshot(client: PoolClient): Promise<void> {
    const ended = await client.query('ROLLBACK').then(
      () => true,
      () => false,
    );
    this.pools.giveBack(client, !ended);
  }
}

async function* readTable(client: PoolClient, table: CanonicalTable, schema: string): AsyncIterable<readonly CanonicalRow[]> {
  const cursor = `verify_${table}`;
  try {
    await client.query(`CLOSE ALL; DECLARE ${cursor} NO SCROLL CURSOR FOR ${canonicalQuery(table, schema)}`);
    for (;;) {
      const rows = await rowsOf(client, `FETCH FORWARD ${BATCH_ROWS} FROM ${cursor}`);
      if (rows.length > 0) yield rows.map((row) => canonicalRow(table, row as CanonicalRow[string][]));
      if (rows.length < BATCH_ROWS) return;
    }
  } catch (error) {
    throw classifyError(error, DOING);
  }
}

async function hashTable(snapshot: VerificationSnapshot, table: CanonicalTable, conflicts: ConflictingKeys) {
  const hash = createHash('sha256');
  let rows = 0;
  for await (const batch of snapshot.rows(table)) {
    for (const row of batch) {
      const content = conflicts.without(table, row);
      if (content === null) continue;
      rows += 1;
      hash.update(`${JSON.stringify(content)}\n`);
    }
  }
  return { table, rows, hash: hash.digest('hex') };
}

async function rowsOf(client: PoolClient, text: string, values: unknown[] = []): Promise<unknown[][]> {
  return (await client.query<unknown[]>({ text, values, rowMode: 'array' })).rows;
}

function decodePosition(row: readonly unknown[]) {
  const [topic, partition, nextOffset, firstOffset] = row as [string, number, string, string];
  return { topic, partition, nextOffset: toOffset(nextOffset), firstOffset: BigInt(firstOffset) };
}

function decodeSetAside(row: readonly unknown[]) {
  const [topic, partition, offset, kind, code] = row as [string, number, string, 'poison' | 'waiting', string];
  return { topic, partition, offset: BigInt(offset), kind, code };
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= work());
}
