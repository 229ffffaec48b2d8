import { compareUtf8 } from '@harvest/kernel';
import type { CanonicalRow, CanonicalTable } from '@harvest/read-models';

type Value = CanonicalRow[string];

interface CanonicalColumn {
  readonly name: string;
  /** From the text protocol's value. */
  readonly convert?: (value: Value) => Value;
}

const DISCOVERY = [
  ...['artifact_id', 'source', 'artifact_type', 'published_ms', 'published_precision', 'first_seen_ms', 'discovery_score', 'novelty'],
  ...[
    'emergence',
    'obscurity',
    'computed_at_ms',
    'model',
    'hot',
    'visible',
    'guards',
    'observed_floor',
    'classified_floor',
    'scored_floor',
  ],
];
const INGESTION = [
  ...['ingestion_id', 'state', 'source', 'expected', 'error', 'started_ms', 'progressed_ms', 'ended_ms', 'guards', 'started_floor'],
  ...['progressed_floor', 'completed_floor', 'failed_floor'],
];
const MEMBER_SUMS = ['artifacts', 'discoveries', 'score_sum'];
const plain = (names: readonly string[]): readonly CanonicalColumn[] => names.map((name) => ({ name }));
const members = (value: Value) => canonicalText(`{${String(value)}}`);
const json = (value: Value) => (value === null ? null : canonicalText(String(value)));

/** The columns that are content: no positions, no fingerprints, nothing of when an ingestion was decided. */
const COLUMNS: Readonly<Record<CanonicalTable, readonly CanonicalColumn[]>> = {
  artifact_card: [{ name: 'artifact_id' }, { name: 'card', convert: members }, { name: 'detail', convert: members }],
  discovery: plain(DISCOVERY),
  count_by_kind: plain(['source', 'artifact_type', 'artifacts', 'discoveries']),
  count_by_day: plain(['source', 'artifact_type', 'day', 'precision', 'artifacts', 'discoveries']),
  artifact_topic: plain(['topic_id', 'artifact_id', 'published_ms', 'confidence', 'name', 'taxonomy_path']),
  topic_figures: plain(['topic_id', 'name', 'taxonomy_path', ...MEMBER_SUMS]),
  topic_day: plain(['topic_id', 'day', 'precision', ...MEMBER_SUMS]),
  artifact_entity: plain(['entity_id', 'artifact_id', 'published_ms', 'roles', 'name']),
  entity_figures: plain(['entity_id', 'name', ...MEMBER_SUMS]),
  ingestion: [...plain(INGESTION), { name: 'counts', convert: json }, { name: 'manifest', convert: json }],
};
const KEYS: Readonly<Record<CanonicalTable, string>> = {
  artifact_card: 'artifact_id',
  discovery: 'artifact_id',
  count_by_kind: 'source, artifact_type',
  count_by_day: 'source, artifact_type, day, precision',
  artifact_topic: 'topic_id, artifact_id',
  topic_figures: 'topic_id, name, taxonomy_path',
  topic_day: 'topic_id, day, precision',
  artifact_entity: 'entity_id, artifact_id',
  entity_figures: 'entity_id, name',
  ingestion: 'ingestion_id',
};
/** Rows of sums that have come to nothing are no content. */
const NOT_ZERO: Partial<Record<CanonicalTable, string>> = {
  count_by_kind: 'artifacts <> 0 OR discoveries <> 0',
  count_by_day: 'artifacts <> 0 OR discoveries <> 0',
  topic_figures: 'artifacts <> 0 OR discoveries <> 0 OR score_sum <> 0',
  topic_day: 'artifacts <> 0 OR discoveries <> 0 OR score_sum <> 0',
  entity_figures: 'artifacts <> 0 OR discoveries <> 0 OR score_sum <> 0',
};

/** Reads a whole table in the order of its key. */
export function canonicalQuery(table: CanonicalTable, schema: string): string {
  const columns = COLUMNS[table].map(({ name }) => name).join(', ');
  const where = NOT_ZERO[table] === undefined ? '' : ` WHERE ${NOT_ZERO[table]}`;
  return `SELECT ${columns} FROM ${schema}.${table}${where} ORDER BY ${KEYS[table]}`;
}

export function canonicalRow(table: CanonicalTable, values: readonly Value[]): CanonicalRow {
  const row: Record<string, Value> = {};
  COLUMNS[table].forEach(({ name, convert }, index) => {
    const value = values[index] ?? null;
    row[name] = convert === undefined ? value : convert(value);
  });
  return row;
}

/** JSON with the members of every object sorted by name. Text that is no JSON stays as it is, so that a spoilt row still shows. */
export function canonicalText(text: string): string {
  try {
    return stringify(JSON.parse(text));
  } catch {
    return text;
  }
}

function stringify(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(stringify).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([left], [right]) => compareUtf8(left, right));
  return `{${entries.map(([name, member]) => `${JSON.stringify(name)}:${stringify(member)}`).join(',')}}`;
}
