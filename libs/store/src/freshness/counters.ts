import type { CacheScope } from '@harvest/read-models';
import type { Parameter, Rows, Statement, WriteTransaction } from '../connection/write-transaction';
import { NOTICE_CHANNEL } from './notices';

/** Postgres's clock in ms, as it ticks (not the transaction's start). */
export const NOW_MS = `(extract(epoch FROM clock_timestamp()) * 1000)::int8`;

/**
 * Names the history that the counters belong to: the installation's, and the timeline, which a failover changes. Needs
 * `harvest.installation AS i` in FROM.
 */
export const DATABASE_EPOCH = `i.database_epoch || '-' || CASE WHEN pg_is_in_recovery()
  THEN lpad(upper(to_hex((SELECT timeline_id FROM pg_control_checkpoint()))), 8, '0')
  ELSE substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) END`;

/** A notice as `parseNotice` reads it, made in SQL so that value and notice commit together. */
const notifyMoved = (decidedMs: string) =>
  `SELECT pg_notify('${NOTICE_CHANNEL}', json_build_object('kind', 'counter', 'scope', moved.scope, 'epoch', ${DATABASE_EPOCH},
    'value', moved.value::text, 'decidedMs', ${decidedMs})::text) FROM moved CROSS JOIN harvest.installation AS i`;

const moveBy = (name: string, decidedMs: string): Statement => ({
  name,
  text: `WITH locked AS (SELECT scope FROM harvest.cache_counter WHERE scope = ANY ($1::text[]) ORDER BY scope FOR UPDATE),
    moved AS (UPDATE harvest.cache_counter AS c SET value = c.value + 1, moved_ms = ${NOW_MS}
      FROM locked WHERE c.scope = locked.scope RETURNING c.scope, c.value)
    ${notifyMoved(decidedMs)}`,
});
const MOVE = moveBy('counter_move', 'NULL');
const MOVE_DECIDED = moveBy('counter_move_decided', NOW_MS);

/** Moves scopes within a transaction that makes answers stale at once; told to every process at its COMMIT. */
export function sendMoveCounters(transaction: WriteTransaction, scopes: readonly CacheScope[]): Promise<Rows> {
  return transaction.send(MOVE, [arrayLiteral(scopes)]);
}

/** The same for the completion of an ingestion: the notice says when, by Postgres's clock. */
export function sendMoveCountersDecided(transaction: WriteTransaction, scopes: readonly CacheScope[]): Promise<Rows> {
  return transaction.send(MOVE_DECIDED, [arrayLiteral(scopes)]);
}

/**
 * $1 scope, $2 its topics, $3 maxStaleMs. Compares the positions of the scope's topics in the active generation with those kept
 * beside the counter; a second process that waited for the row finds them equal.
 */
export const MOVE_STALE: Statement = {
  name: 'counter_move_stale',
  text: `WITH now AS (
      SELECT p.generation || ':' || coalesce(string_agg(k.next_offset::text, ',' ORDER BY k.topic, k.partition), '') AS positions
      FROM harvest.generation_pointer AS p
      LEFT JOIN harvest.checkpoint AS k ON k.generation = p.generation AND k.topic = ANY ($2::text[]) GROUP BY p.generation),
    moved AS (UPDATE harvest.cache_counter AS c SET value = c.value + 1, moved_ms = ${NOW_MS}, positions = now.positions
      FROM now WHERE c.scope = $1 AND c.positions <> now.positions AND c.moved_ms + $3::int8 <= ${NOW_MS} RETURNING c.scope, c.value)
    ${notifyMoved('NULL')}`,
};

export const READ_COUNTERS: Statement = {
  name: 'counter_read',
  text: `SELECT p.generation, ${DATABASE_EPOCH} AS epoch, c.scope, c.value
    FROM harvest.generation_pointer AS p CROSS JOIN harvest.installation AS i CROSS JOIN harvest.cache_counter AS c ORDER BY c.scope`,
};

/** For short lists of plain words. */
export function arrayLiteral(words: readonly string[]): Parameter {
  return `{${words.map((word) => `"${word.replace(/["\\]/g, '\\$&')}"`).join(',')}}`;
}
