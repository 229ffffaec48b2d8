import type { Statement } from '../connection/write-transaction';

const statement = (name: string, text: string): Statement => ({ name: `generation_${name}`, text });

/** A row of `list` in its order. */
export const GENERATION_ROW = 'g.generation, g.state, g.definitions, g.created_ms, p.generation IS NOT NULL';
const FROM = 'FROM harvest.generation AS g LEFT JOIN harvest.generation_pointer AS p ON p.generation = g.generation';

export const GENERATION_STATEMENTS = {
  installationId: statement('installation', 'SELECT installation_id FROM harvest.installation'),
  list: statement('list', `SELECT ${GENERATION_ROW} ${FROM} ORDER BY g.generation`),
  active: statement('active', `SELECT ${GENERATION_ROW} ${FROM} WHERE p.generation IS NOT NULL`),
  find: statement('find', `SELECT ${GENERATION_ROW} ${FROM} WHERE g.generation = $1::int4`),
  /** One creation, activation or retirement at a time. Readers and projectors pass. */
  lock: statement('lock', 'LOCK TABLE harvest.generation IN SHARE ROW EXCLUSIVE MODE'),
  insert: statement('insert', 'INSERT INTO harvest.generation (generation, state, definitions) VALUES ($1::int4, $2, $3)'),
  setState: statement('set_state', 'UPDATE harvest.generation SET state = $2 WHERE generation = $1::int4'),
  setDefinitions: statement('set_definitions', 'UPDATE harvest.generation SET definitions = $2 WHERE generation = $1::int4'),
  point: statement(
    'point',
    `INSERT INTO harvest.generation_pointer AS p (generation) VALUES ($1::int4)
     ON CONFLICT (only_row) DO UPDATE SET generation = excluded.generation, moved_ms = excluded.moved_ms`,
  ),
  lockPointer: statement('lock_pointer', 'SELECT generation FROM harvest.generation_pointer FOR UPDATE'),
  lockCheckpoints: statement(
    'lock_checkpoints',
    'SELECT topic, partition, next_offset FROM harvest.checkpoint WHERE generation = $1::int4 ORDER BY topic, partition FOR UPDATE',
  ),
  /** How many partitions of $1 are further than those of $2. */
  countBehind: statement(
    'count_behind',
    `SELECT count(*)::int4 FROM harvest.checkpoint AS a
     LEFT JOIN harvest.checkpoint AS b ON b.generation = $2::int4 AND b.topic = a.topic AND b.partition = a.partition
     WHERE a.generation = $1::int4 AND (b.next_offset IS NULL OR b.next_offset < a.next_offset)`,
  ),
} as const;

/** What a retired generation leaves behind is nothing but its row. */
export const RETIRED_TABLES = ['dead_letter', 'parked_key', 'key_conflict', 'log_sample', 'checkpoint'] as const;
