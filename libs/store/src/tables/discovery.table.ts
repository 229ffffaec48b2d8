import type { DiscoveryRow, PublishedPrecision, TopicPosition } from '@harvest/read-models';
import { PUBLISHED_PRECISION_CODES } from '@harvest/read-models';
import { toOffset } from '@harvest/kernel';
import { assignments, columnList, declareColumns, unnestColumns, type Column } from './columns';
import { packGuards, unpackGuard } from './half-guards';

/** Fixed-width columns first: no padding between them. */
export const DISCOVERY_COLUMNS: readonly Column<DiscoveryRow>[] = [
  { name: 'published_ms', type: 'int8', valueOf: (row) => row.publishedMs },
  { name: 'first_seen_ms', type: 'int8', valueOf: (row) => row.firstSeenMs },
  { name: 'computed_at_ms', type: 'int8', valueOf: (row) => row.computedAtMs },
  { name: 'hot', type: 'int8', valueOf: (row) => row.hot },
  { name: 'observed_facts', type: 'int8', valueOf: (row) => row.observedFacts },
  { name: 'classified_facts', type: 'int8', valueOf: (row) => row.classifiedFacts },
  { name: 'score_facts', type: 'int8', valueOf: (row) => row.scoreFacts },
  { name: 'observed_floor', type: 'int8', valueOf: (row) => row.observed.floor },
  { name: 'classified_floor', type: 'int8', valueOf: (row) => row.classified.floor },
  { name: 'scored_floor', type: 'int8', valueOf: (row) => row.scored.floor },
  { name: 'artifact_offset', type: 'int8', valueOf: (row) => row.artifactPosition?.offset ?? null },
  { name: 'score_offset', type: 'int8', valueOf: (row) => row.scorePosition?.offset ?? null },
  { name: 'artifact_partition', type: 'int4', valueOf: (row) => row.artifactPosition?.partition ?? null },
  { name: 'score_partition', type: 'int4', valueOf: (row) => row.scorePosition?.partition ?? null },
  { name: 'discovery_score', type: 'int4', valueOf: (row) => row.discoveryScore },
  { name: 'novelty', type: 'int4', valueOf: (row) => row.novelty },
  { name: 'emergence', type: 'int4', valueOf: (row) => row.emergence },
  { name: 'obscurity', type: 'int4', valueOf: (row) => row.obscurity },
  { name: 'guards', type: 'int2', declaration: 'NOT NULL', valueOf: (row) => packGuards([row.observed, row.classified, row.scored]) },
  {
    name: 'published_precision',
    type: 'int2',
    valueOf: (row) => (row.publishedPrecision === null ? null : PUBLISHED_PRECISION_CODES[row.publishedPrecision]),
  },
  { name: 'visible', type: 'bool', declaration: 'NOT NULL', valueOf: (row) => row.visible },
  {
    name: 'artifact_id',
    type: 'text',
    declaration: 'COLLATE "C" NOT NULL CONSTRAINT discovery_pkey PRIMARY KEY',
    valueOf: (row) => row.artifactId,
  },
  { name: 'source', type: 'text', declaration: 'COLLATE "C"', valueOf: (row) => row.source },
  { name: 'artifact_type', type: 'text', declaration: 'COLLATE "C"', valueOf: (row) => row.artifactType },
  { name: 'model', type: 'text', valueOf: (row) => row.model },
];

/** What a transaction of one topic may change of a known row; the other half is left as it stands. */
const columnsBut = (...others: readonly string[]) => DISCOVERY_COLUMNS.filter((column) => !others.includes(column.name));
const SCORE_HALF = ['computed_at_ms', 'score_facts', 'scored_floor', 'score_offset', 'score_partition', 'model'];
const SCORES = ['discovery_score', 'novelty', 'emergence', 'obscurity'];
const ARTIFACT_HALF = ['published_ms', 'first_seen_ms', 'observed_facts', 'classified_facts', 'observed_floor', 'classified_floor'];
const ARTIFACT_NAMES = ['artifact_offset', 'artifact_partition', 'published_precision', 'source', 'artifact_type'];
export const ARTIFACT_UPDATE_COLUMNS = columnsBut(...SCORE_HALF, ...SCORES);
export const SCORE_UPDATE_COLUMNS = columnsBut(...ARTIFACT_HALF, ...ARTIFACT_NAMES);

const AT = Object.fromEntries(DISCOVERY_COLUMNS.map((column, index) => [column.name, index]));
const PRECISION_NAMES = Object.keys(PUBLISHED_PRECISION_CODES) as PublishedPrecision[];

/** The sort indexes hold discoveries only; predicates count for HOT, so they use one boolean. */
export function createDiscoveryTable(schema: string): readonly string[] {
  const index = (name: string, columns: string) =>
    `CREATE INDEX discovery_${name}_idx ON ${schema}.discovery (${columns}, artifact_id DESC) WHERE visible`;
  return [
    `CREATE TABLE ${schema}.discovery (\n  ${declareColumns(DISCOVERY_COLUMNS)}\n)
     WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05)`,
    index('score', 'discovery_score DESC'),
    index('recent', 'published_ms DESC'),
    index('hot', 'hot DESC'),
    index('source_type_recent', 'source, artifact_type, published_ms DESC'),
  ];
}

/** The stored fingerprint that an event's is compared with: 0 observed, 1 classified, 2 score. */
export const FACTS_OF_CODES = { observed: 0, classified: 1, score: 2 } as const;
const DIFFERS = `(batch.facts IS NULL OR batch.facts IS DISTINCT FROM
  CASE batch.facts_of WHEN 0 THEN d.observed_facts WHEN 1 THEN d.classified_facts ELSE d.score_facts END)`;
const BATCH_OF_FACTS = `unnest($1::text[], $2::int8[], $3::int2[]) WITH ORDINALITY AS batch (artifact_id, facts, facts_of, ordinal)`;
const OWN_ROW = `pg_current_xact_id()::xid`;

export function discoveryStatements(schema: string) {
  const table = `${schema}.discovery`;
  const update = (columns: readonly Column<DiscoveryRow>[]) =>
    `UPDATE ${table} AS d SET ${assignments(columns.filter(notKey), 'batch')}
      FROM ${unnestColumns(columns)} WHERE d.artifact_id = batch.artifact_id`;
  return {
    /** How many subjects are not there yet (and which, when not all: 0-based, comma-separated), how many differ. Locks nothing. */
    probe: `SELECT count(*) FILTER (WHERE d.artifact_id IS NULL)::int4 AS missing_count,
        count(*) FILTER (WHERE d.artifact_id IS NOT NULL AND ${DIFFERS})::int4 AS differing_count,
        CASE WHEN count(d.artifact_id) > 0
          THEN array_to_string(array_agg(batch.ordinal - 1) FILTER (WHERE d.artifact_id IS NULL), ',') END AS missing
      FROM ${BATCH_OF_FACTS} LEFT JOIN ${table} AS d ON d.artifact_id = batch.artifact_id`,
    /** In the order of the ids, so that two transactions never wait for each other crosswise. */
    insertFresh: `INSERT INTO ${table} (${columnList(DISCOVERY_COLUMNS)})
      SELECT ${columnList(DISCOVERY_COLUMNS, 'batch.')} FROM ${unnestColumns(DISCOVERY_COLUMNS)}
      ORDER BY batch.artifact_id COLLATE "C" ON CONFLICT (artifact_id) DO NOTHING`,
    /** Locks the rows of others that differ and returns their newest versions, with their place in the batch. */
    lockKnown: `SELECT batch.ordinal::int4 - 1 AS ordinal, ${columnList(DISCOVERY_COLUMNS, 'd.')}
      FROM ${BATCH_OF_FACTS} JOIN ${table} AS d ON d.artifact_id = batch.artifact_id
      WHERE d.xmin <> ${OWN_ROW} AND ${DIFFERS}
      ORDER BY d.artifact_id FOR UPDATE OF d`,
    /** After a lost race: which of the subjects this transaction has inserted itself. */
    findOwn: `SELECT batch.ordinal::int4 - 1 AS ordinal
      FROM unnest($1::text[]) WITH ORDINALITY AS batch (artifact_id, ordinal)
      JOIN ${table} AS d ON d.artifact_id = batch.artifact_id WHERE d.xmin = ${OWN_ROW}`,
    updateArtifacts: update(ARTIFACT_UPDATE_COLUMNS),
    updateScores: update(SCORE_UPDATE_COLUMNS),
  };
}

const notKey = (column: Column<DiscoveryRow>) => column.name !== 'artifact_id';

/** A row of texts as they are on the wire, in the order of `DISCOVERY_COLUMNS`, from `first` on. */
export function decodeDiscovery(row: readonly unknown[], first: number): DiscoveryRow {
  const text = (name: string) => row[first + AT[name]!] as string | null;
  const number = (name: string) => {
    const value = row[first + AT[name]!];
    return value === null ? null : Number(value);
  };
  const bigint = (name: string) => {
    const value = row[first + AT[name]!];
    return value === null ? null : BigInt(value as string);
  };
  const guards = number('guards')!;
  const precision = number('published_precision');
  return {
    artifactId: text('artifact_id')!,
    source: text('source'),
    artifactType: text('artifact_type'),
    publishedMs: number('published_ms'),
    publishedPrecision: precision === null ? null : PRECISION_NAMES[precision]!,
    firstSeenMs: number('first_seen_ms'),
    discoveryScore: number('discovery_score'),
    novelty: number('novelty'),
    emergence: number('emergence'),
    obscurity: number('obscurity'),
    computedAtMs: number('computed_at_ms'),
    model: text('model'),
    hot: bigint('hot'),
    visible: text('visible') === 't',
    observed: unpackGuard(guards, 0, text('observed_floor')),
    classified: unpackGuard(guards, 1, text('classified_floor')),
    scored: unpackGuard(guards, 2, text('scored_floor')),
    artifactPosition: position(number('artifact_partition'), text('artifact_offset')),
    scorePosition: position(number('score_partition'), text('score_offset')),
    observedFacts: bigint('observed_facts'),
    classifiedFacts: bigint('classified_facts'),
    scoreFacts: bigint('score_facts'),
  };
}

function position(partition: number | null, offset: string | null): TopicPosition | null {
  return partition === null || offset === null ? null : { partition, offset: toOffset(offset) };
}
