import type { Statement } from '../connection/write-transaction';
import { NOW_MS } from './counters';

/**
 * Until when the partition is known to be projected, with `harvest.checkpoint AS k` and `harvest.log_sample AS s`: the time of the
 * newest sample whose end the checkpoint has reached. Null: none yet.
 */
export const KNOWN_THROUGH = `GREATEST(s.known_through_ms,
  CASE WHEN k.next_offset >= s.latest_end THEN s.latest_ms WHEN k.next_offset >= s.pending_end THEN s.pending_ms END)`;

const BATCH = 'unnest($3::text[], $4::int4[], $5::int8[]) AS batch (topic, partition, end_offset)';

/**
 * Two samples wait per partition: the newest, and an older one that stays until it is reached, so that known-through advances
 * under a steady lag too (at most two lags behind). $1 generation, $2 asked at, $3–$5 samples.
 */
export const SAMPLE_STATEMENTS = {
  now: { name: 'clock_now', text: `SELECT ${NOW_MS}` },
  insert: {
    name: 'log_sample_insert',
    text: `INSERT INTO harvest.log_sample (generation, topic, partition, latest_end, latest_ms)
      SELECT $1::int4, batch.topic, batch.partition, batch.end_offset, $2::int8 FROM ${BATCH}
      ORDER BY batch.topic COLLATE "C", batch.partition ON CONFLICT (generation, topic, partition) DO NOTHING`,
  },
  update: {
    name: 'log_sample_update',
    text: `WITH locked AS (
        SELECT s.topic, s.partition, batch.end_offset FROM ${BATCH}
        JOIN harvest.log_sample AS s ON s.generation = $1::int4 AND s.topic = batch.topic AND s.partition = batch.partition
        WHERE s.latest_ms < $2::int8 ORDER BY s.topic, s.partition FOR UPDATE OF s)
      UPDATE harvest.log_sample AS s SET known_through_ms = ${KNOWN_THROUGH},
        pending_end = CASE WHEN k.next_offset >= s.latest_end THEN NULL WHEN k.next_offset >= s.pending_end THEN s.latest_end
          ELSE coalesce(s.pending_end, s.latest_end) END,
        pending_ms = CASE WHEN k.next_offset >= s.latest_end THEN NULL WHEN k.next_offset >= s.pending_end THEN s.latest_ms
          ELSE coalesce(s.pending_ms, s.latest_ms) END,
        latest_end = locked.end_offset, latest_ms = $2::int8
      FROM locked JOIN harvest.checkpoint AS k ON k.generation = $1::int4 AND k.topic = locked.topic AND k.partition = locked.partition
      WHERE s.generation = $1::int4 AND s.topic = locked.topic AND s.partition = locked.partition`,
  },
} as const satisfies Record<string, Statement>;
