import type { Statement } from '../connection/write-transaction';

const statement = (name: string, text: string): Statement => ({ name: `dead_letter_${name}`, text });

/** The columns of a dead letter in the order of `decodeDeadLetter`. */
const LETTER = `d.id, d.generation, d.topic, d.partition, d.log_offset, d.kind, d.key, d.value, d.headers, d.timestamp_ms, d.code,
  d.path, d.reason, d.projection, d.stored_ms`;

/** $1 topic, $2 code, $3 key, $4 ids: null leaves a condition out. Of the generation that answers. */
const FILTER = `d.generation = (SELECT p.generation FROM harvest.generation_pointer AS p) AND ($1::text IS NULL OR d.topic = $1)
  AND ($2::text IS NULL OR d.code = $2) AND ($3::bytea IS NULL OR (sha256(d.key) = sha256($3) AND d.key = $3))
  AND ($4::int8[] IS NULL OR d.id = ANY ($4))`;

const QUEUE = `d.generation = $1::int4 AND d.topic = $2 AND d.partition = $3::int4`;

/** What is queued for the parked key `k`. */
const OF_KEY = `d.generation = k.generation AND d.topic = k.topic AND d.partition = k.partition AND sha256(d.key) = sha256(k.key)
  AND d.key = k.key`;

export const DEAD_LETTER_STATEMENTS = {
  groups: statement(
    'groups',
    `SELECT d.code, d.path, d.topic, count(*) FILTER (WHERE d.kind = 'poison')::int4, count(*) FILTER (WHERE d.kind = 'waiting')::int4,
       min(d.stored_ms), max(d.stored_ms), min(d.id)
     FROM harvest.dead_letter AS d WHERE ${FILTER} GROUP BY d.code, d.path, d.topic ORDER BY count(*) DESC, d.code, d.path, d.topic`,
  ),
  list: statement('list', `SELECT ${LETTER} FROM harvest.dead_letter AS d WHERE ${FILTER} ORDER BY d.id LIMIT $5::int4`),
  get: statement('get', `SELECT ${LETTER} FROM harvest.dead_letter AS d WHERE d.id = $1::int8`),
  /** $1 to $4 as above: code and ids are those of what is queued for the key. */
  parkedKeys: statement(
    'parked_keys',
    `SELECT k.generation, k.topic, k.partition, k.key, k.since_ms,
       (SELECT count(*)::int4 FROM harvest.dead_letter AS d WHERE ${OF_KEY} AND d.kind = 'waiting')
     FROM harvest.parked_key AS k
     WHERE k.generation = (SELECT p.generation FROM harvest.generation_pointer AS p) AND ($1::text IS NULL OR k.topic = $1)
       AND ($3::bytea IS NULL OR k.key = $3) AND (($2::text IS NULL AND $4::int8[] IS NULL) OR EXISTS (
         SELECT 1 FROM harvest.dead_letter AS d WHERE ${OF_KEY} AND ($2::text IS NULL OR d.code = $2)
           AND ($4::int8[] IS NULL OR d.id = ANY ($4))))
     ORDER BY k.since_ms, k.topic, k.partition, k.key LIMIT $5::int4`,
  ),
  queueOfKey: statement(
    'queue_of_key',
    `SELECT ${LETTER} FROM harvest.dead_letter AS d WHERE ${QUEUE} AND sha256(d.key) = sha256($4::bytea) AND d.key = $4
     ORDER BY d.log_offset`,
  ),
  queueWithoutKey: statement(
    'queue_without_key',
    `SELECT ${LETTER} FROM harvest.dead_letter AS d WHERE ${QUEUE} AND d.key IS NULL ORDER BY d.log_offset`,
  ),
  remove: statement('remove', 'DELETE FROM harvest.dead_letter AS d WHERE d.id = ANY ($1::int8[])'),
  /** What blocks the queue now is a poison by today's verdict, to be relayed as one. */
  becomePoison: statement(
    'become_poison',
    `UPDATE harvest.dead_letter AS d SET kind = 'poison', relayed = d.relayed AND d.kind = 'poison', code = $2, path = $3,
       reason = $4, projection = $5 WHERE d.id = $1::int8`,
  ),
  release: statement(
    'release',
    `WITH gone AS (DELETE FROM harvest.parked_key AS k WHERE k.generation = $1::int4 AND k.topic = $2 AND k.partition = $3::int4 AND k.key = $4
       RETURNING 1)
     UPDATE harvest.checkpoint SET parked_keys = parked_keys - (SELECT count(*) FROM gone)
     WHERE generation = $1::int4 AND topic = $2 AND partition = $3::int4`,
  ),
  /** What another process relays is passed over; what was relayed for another generation is not relayed again. */
  lockToRelay: statement(
    'lock_to_relay',
    `SELECT ${LETTER} FROM harvest.dead_letter AS d WHERE NOT d.relayed AND d.kind = 'poison'
       AND d.generation = (SELECT p.generation FROM harvest.generation_pointer AS p)
       AND NOT EXISTS (SELECT 1 FROM harvest.dead_letter AS sent WHERE sent.topic = d.topic AND sent.partition = d.partition
         AND sent.log_offset = d.log_offset AND sent.relayed)
     ORDER BY d.id LIMIT $1::int4 FOR UPDATE OF d SKIP LOCKED`,
  ),
  /** In every generation: the same record is relayed once. */
  markRelayed: statement(
    'mark_relayed',
    `UPDATE harvest.dead_letter AS d SET relayed = true FROM harvest.dead_letter AS sent
     WHERE sent.id = ANY ($1::int8[]) AND d.topic = sent.topic AND d.partition = sent.partition AND d.log_offset = sent.log_offset`,
  ),
  discard: statement(
    'discard',
    'DELETE FROM harvest.dead_letter AS d WHERE d.topic = $1 AND d.partition = $2::int4 AND d.log_offset = $3::int8 RETURNING d.generation',
  ),
  insertCorrection: statement(
    'insert_correction',
    `INSERT INTO harvest.correction (topic, partition, log_offset, value, reason) VALUES ($1, $2::int4, $3::int8, NULL, $4)
     ON CONFLICT ON CONSTRAINT correction_pkey DO UPDATE SET value = NULL, reason = excluded.reason, made_ms = excluded.made_ms`,
  ),
  corrections: statement(
    'corrections',
    'SELECT c.topic, c.partition, c.log_offset, c.value FROM harvest.correction AS c ORDER BY c.topic, c.partition, c.log_offset',
  ),
  /** Keys of $1 $2 that are parked and have nothing waiting any more; keeps the checkpoints' numbers. */
  releaseEmptied: statement(
    'release_emptied',
    `WITH gone AS (DELETE FROM harvest.parked_key AS k WHERE k.topic = $1 AND k.partition = $2::int4 AND k.key = $3::bytea
         AND NOT EXISTS (SELECT 1 FROM harvest.dead_letter AS d WHERE ${OF_KEY})
       RETURNING k.generation)
     UPDATE harvest.checkpoint AS c SET parked_keys = c.parked_keys - 1 FROM gone
     WHERE c.generation = gone.generation AND c.topic = $1 AND c.partition = $2::int4`,
  ),
  audit: statement('audit', 'INSERT INTO harvest.audit (action, detail) VALUES ($1, $2)'),
  holdCheckpoints: statement(
    'hold_checkpoints',
    `SELECT k.generation, k.epoch, k.next_offset FROM harvest.checkpoint AS k WHERE k.topic = $1 AND k.partition = $2::int4
       AND ($3::int4 IS NULL OR k.generation = $3) ORDER BY k.generation FOR UPDATE`,
  ),
} as const;
