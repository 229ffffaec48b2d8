import type { Statement } from '../connection/write-transaction';
import { NOW_MS } from './counters';
import { KNOWN_THROUGH } from './samples';

/** Rows of `ingestion` in the order of `PendingRow`. */
const PENDING_COLUMNS = `i.ingestion_id, i.completed_partition, i.completed_offset, i.manifest, i.counts, i.started_ms,
  i.undecided_since_ms, ${NOW_MS}`;
const UNDECIDED = 'i.undecided_since_ms IS NOT NULL';
/** More are decided by the next sweep. */
const DECIDE_AT_ONCE = 200;
export const MAX_REJECTIONS_LISTED = 100;

const REJECTION = `d.topic, d.partition, d.log_offset, d.kind, d.code`;

export const BARRIER_STATEMENTS = {
  /** The pointer cannot move while this transaction decides. */
  holdPointer: { name: 'barrier_hold_pointer', text: 'SELECT generation FROM harvest.generation_pointer FOR SHARE' },
  pointer: { name: 'barrier_pointer', text: 'SELECT generation FROM harvest.generation_pointer' },
  positions: {
    name: 'barrier_positions',
    text: `SELECT k.topic, k.partition, k.next_offset, ${KNOWN_THROUGH}, s.latest_end, s.latest_ms FROM harvest.checkpoint AS k
      LEFT JOIN harvest.log_sample AS s ON s.generation = k.generation AND s.topic = k.topic AND s.partition = k.partition
      WHERE k.generation = $1::int4`,
  },
  /** Set aside, up to the manifest's last offsets: what names this ingestion, and what names none but came after its start. */
  rejectionsUpTo: {
    name: 'barrier_rejections_up_to',
    text: `SELECT ${REJECTION}, (count(*) OVER ())::int4 FROM unnest($3::text[], $4::int4[], $5::int8[]) AS batch (topic, partition, last)
      JOIN harvest.dead_letter AS d ON d.topic = batch.topic AND d.partition = batch.partition AND d.log_offset <= batch.last
      WHERE d.generation = $1::int4 AND (d.ingestion_id = $2 OR (d.ingestion_id IS NULL AND d.timestamp_ms >= $6::int8))
      ORDER BY d.topic, d.partition, d.log_offset LIMIT ${MAX_REJECTIONS_LISTED}`,
  },
  rejectionsNaming: {
    name: 'barrier_rejections_naming',
    text: `SELECT ${REJECTION}, (count(*) OVER ())::int4 FROM harvest.dead_letter AS d
      WHERE d.generation = $1::int4 AND d.ingestion_id = $2 ORDER BY d.topic, d.partition, d.log_offset LIMIT ${MAX_REJECTIONS_LISTED}`,
  },
  /** Nothing comes back when another generation's reader has decided the same completion before. */
  insertOutcome: {
    name: 'barrier_insert_outcome',
    text: `INSERT INTO harvest.ingestion_outcome (ingestion_id, completed_partition, completed_offset, outcome, detail)
      VALUES ($1, $2::int4, $3::int8, $4, $5) ON CONFLICT ON CONSTRAINT ingestion_outcome_pkey DO NOTHING RETURNING decided_ms`,
  },
} as const satisfies Record<string, Statement>;

export function pendingStatements(schema: string) {
  const statement = (name: string, text: string): Statement => ({ name: `barrier_${name}_${schema}`, text });
  const from = `SELECT ${PENDING_COLUMNS} FROM ${schema}.ingestion AS i WHERE ${UNDECIDED} ORDER BY i.ingestion_id`;
  return {
    list: statement('list', `${from} LIMIT ${DECIDE_AT_ONCE}`),
    /** Each completion is decided by one process: what another holds is passed over. */
    lock: statement('lock', `${from} LIMIT ${DECIDE_AT_ONCE} FOR UPDATE OF i SKIP LOCKED`),
    markDecided: statement('mark', `UPDATE ${schema}.ingestion SET undecided_since_ms = NULL WHERE ingestion_id = $1`),
  };
}
