import type { RecordToAppend } from '@harvest/contracts';
import type { Statement } from '../connection/write-transaction';
import { encodeHeaders } from '../encoding/headers';
import { NOW_MS } from '../freshness/counters';
import { columnList, unnestColumns, type Column } from '../tables/columns';

export interface LogRow {
  readonly partitionId: number;
  readonly offset: bigint;
  readonly timestampMs: number;
  readonly record: RecordToAppend;
}

export const LOG_COLUMNS: readonly Column<LogRow>[] = [
  { name: 'partition_id', type: 'int4', valueOf: (row) => row.partitionId },
  { name: 'log_offset', type: 'int8', valueOf: (row) => row.offset },
  { name: 'timestamp_ms', type: 'int8', valueOf: (row) => row.timestampMs },
  { name: 'key', type: 'bytea', valueOf: (row) => row.record.key },
  { name: 'value', type: 'bytea', valueOf: (row) => row.record.value },
  { name: 'headers', type: 'bytea', valueOf: (row) => encodeHeaders(row.record.headers) },
];

export const LOG_CHANNEL = 'harvest_log';
const statement = (name: string, text: string): Statement => ({ name: `log_${name}`, text });

export const LOG_STATEMENTS = {
  createTopics: statement(
    'create_topics',
    `INSERT INTO harvest.log_topic (topic, partitions, retention_ms)
     SELECT batch.topic, batch.partitions, batch.retention_ms
     FROM unnest($1::text[], $2::int4[], $3::int8[]) AS batch (topic, partitions, retention_ms)
     ORDER BY batch.topic COLLATE "C" ON CONFLICT (topic) DO NOTHING RETURNING topic`,
  ),
  createPartitions: statement(
    'create_partitions',
    `INSERT INTO harvest.log_partition (topic, partition)
     SELECT t.topic, series.partition FROM unnest($1::text[]) AS batch (topic)
     JOIN harvest.log_topic AS t ON t.topic = batch.topic
     CROSS JOIN LATERAL generate_series(0, t.partitions - 1) AS series (partition) ON CONFLICT (topic, partition) DO NOTHING`,
  ),
  describe: statement(
    'describe',
    `SELECT t.topic, t.partitions, t.retention_ms FROM unnest($1::text[]) WITH ORDINALITY AS batch (topic, ordinal)
     JOIN harvest.log_topic AS t ON t.topic = batch.topic ORDER BY batch.ordinal`,
  ),
  ranges: statement(
    'ranges',
    `SELECT p.topic, p.partition, p.start_offset, p.next_offset FROM harvest.log_partition AS p
     WHERE p.topic = ANY ($1::text[]) ORDER BY p.topic, p.partition`,
  ),
  /** In one order for all appenders. Held until COMMIT: so the order of offsets is the order of commits. */
  lockHeads: statement(
    'lock_heads',
    `SELECT p.topic, p.partition, p.partition_id, p.next_offset, ${NOW_MS}
     FROM unnest($1::text[], $2::int4[]) AS batch (topic, partition)
     JOIN harvest.log_partition AS p ON p.topic = batch.topic AND p.partition = batch.partition
     ORDER BY p.topic, p.partition FOR UPDATE OF p`,
  ),
  insert: statement(
    'insert',
    `INSERT INTO harvest.log_record (${columnList(LOG_COLUMNS)}) SELECT ${columnList(LOG_COLUMNS, 'batch.')} FROM ${unnestColumns(LOG_COLUMNS)}`,
  ),
  moveHeads: statement(
    'move_heads',
    `UPDATE harvest.log_partition AS p SET next_offset = batch.next_offset
     FROM unnest($1::int4[], $2::int8[]) AS batch (partition_id, next_offset) WHERE p.partition_id = batch.partition_id`,
  ),
  notify: statement('notify', `SELECT pg_notify('${LOG_CHANNEL}', $1)`),
  findPartition: statement('find_partition', 'SELECT partition_id FROM harvest.log_partition WHERE topic = $1 AND partition = $2::int4'),
  /** $1 partition id, $2 from, $3 records, $4 bytes; the first record comes whatever its size. */
  read: statement(
    'read',
    `SELECT r.log_offset, r.timestamp_ms, r.key, r.value, r.headers FROM (
       SELECT s.log_offset, s.timestamp_ms, s.key, s.value, s.headers,
         coalesce(sum(octet_length(s.value) + octet_length(s.headers)) OVER (
           ORDER BY s.log_offset ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS bytes_before
       FROM (SELECT log_offset, timestamp_ms, key, value, headers FROM harvest.log_record
         WHERE partition_id = $1::int4 AND log_offset >= $2::int8 ORDER BY log_offset LIMIT $3::int4) AS s) AS r
     WHERE r.bytes_before < $4::int8 ORDER BY r.log_offset`,
  ),
} as const;
