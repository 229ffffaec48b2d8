import type { ArtifactTopicRow, TopicDelta } from '@harvest/read-models';
import { PUBLISHED_PRECISION_CODES } from '@harvest/read-models';
import { columnList, declareColumns, unnestColumns, type Column } from './columns';

const KEY = 'COLLATE "C" NOT NULL';

export const ARTIFACT_TOPIC_COLUMNS: readonly Column<ArtifactTopicRow>[] = [
  { name: 'published_ms', type: 'int8', declaration: 'NOT NULL', valueOf: (row) => row.publishedMs },
  { name: 'confidence', type: 'int4', declaration: 'NOT NULL', valueOf: (row) => row.confidence },
  { name: 'topic_id', type: 'text', declaration: KEY, valueOf: (row) => row.topicId },
  { name: 'artifact_id', type: 'text', declaration: KEY, valueOf: (row) => row.artifactId },
  { name: 'name', type: 'text', declaration: KEY, valueOf: (row) => row.name },
  { name: 'taxonomy_path', type: 'text', declaration: KEY, valueOf: (row) => row.taxonomyPath },
];
/** Whose combination is a membership's own; the rest of a row is not needed to remove it. */
const MEMBER_KEY = ['topic_id', 'published_ms', 'artifact_id'];
export const ARTIFACT_TOPIC_KEY_COLUMNS = ARTIFACT_TOPIC_COLUMNS.filter(({ name }) => MEMBER_KEY.includes(name));

const FIGURES: readonly Column<TopicDelta>[] = [
  { name: 'artifacts', type: 'int8', declaration: 'NOT NULL', valueOf: (row) => row.artifacts },
  { name: 'discoveries', type: 'int8', declaration: 'NOT NULL', valueOf: (row) => row.discoveries },
  { name: 'score_sum', type: 'int8', declaration: 'NOT NULL', valueOf: (row) => row.scoreSum },
];
const TOPIC_ID: Column<TopicDelta> = { name: 'topic_id', type: 'text', declaration: KEY, valueOf: (row) => row.topicId };

export const TOPIC_FIGURES_COLUMNS: readonly Column<TopicDelta>[] = [
  TOPIC_ID,
  { name: 'name', type: 'text', declaration: KEY, valueOf: (row) => row.name },
  { name: 'taxonomy_path', type: 'text', declaration: KEY, valueOf: (row) => row.taxonomyPath },
  ...FIGURES,
];
export const TOPIC_DAY_COLUMNS: readonly Column<TopicDelta>[] = [
  TOPIC_ID,
  { name: 'day', type: 'int4', declaration: 'NOT NULL', valueOf: (row) => row.day },
  { name: 'precision', type: 'int2', declaration: 'NOT NULL', valueOf: (row) => PUBLISHED_PRECISION_CODES[row.precision] },
  ...FIGURES,
];
const FIGURES_KEY = ['topic_id', 'name', 'taxonomy_path'];
const DAY_KEY = ['topic_id', 'day', 'precision'];

/**
 * A membership is written once and never touched by a score: a topic's artifacts by date are one range of its only index, and whether an
 * artifact that is met elsewhere belongs to a topic is one look-up of it. (docs/decisions, 13)
 */
export function createTopicTables(schema: string): readonly string[] {
  const figures = (name: string, columns: readonly Column<TopicDelta>[], key: readonly string[]) =>
    `CREATE TABLE ${schema}.${name} (\n  ${declareColumns(columns)},\n  CONSTRAINT ${name}_pkey PRIMARY KEY (${key.join(', ')})\n)
     WITH (fillfactor = 50)`;
  return [
    `CREATE TABLE ${schema}.artifact_topic (\n  ${declareColumns(ARTIFACT_TOPIC_COLUMNS)},
     CONSTRAINT artifact_topic_pkey PRIMARY KEY (${MEMBER_KEY.join(', ')})\n)`,
    figures('topic_figures', TOPIC_FIGURES_COLUMNS, FIGURES_KEY),
    figures('topic_day', TOPIC_DAY_COLUMNS, DAY_KEY),
  ];
}

export function topicStatements(schema: string) {
  const members = `${schema}.artifact_topic`;
  const sums = FIGURES.map(({ name }) => `${name} = f.${name} + excluded.${name}`).join(', ');
  const add = (name: string, columns: readonly Column<TopicDelta>[], key: readonly string[]) =>
    `INSERT INTO ${schema}.${name} AS f (${columnList(columns)})
     SELECT ${columnList(columns, 'batch.')} FROM ${unnestColumns(columns)}
     ORDER BY ${key.map((column) => `batch.${column}${column === 'day' || column === 'precision' ? '' : ' COLLATE "C"'}`).join(', ')}
     ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${sums}`;
  return {
    /** Rides under the lock of the artifact's discovery row: no lock of its own, and no order to keep. */
    insertMembers: `INSERT INTO ${members} (${columnList(ARTIFACT_TOPIC_COLUMNS)})
      SELECT ${columnList(ARTIFACT_TOPIC_COLUMNS, 'batch.')} FROM ${unnestColumns(ARTIFACT_TOPIC_COLUMNS)}`,
    deleteMembers: `DELETE FROM ${members} AS m USING ${unnestColumns(ARTIFACT_TOPIC_KEY_COLUMNS)}
      WHERE ${MEMBER_KEY.map((column) => `m.${column} = batch.${column}`).join(' AND ')}`,
    addFigures: add('topic_figures', TOPIC_FIGURES_COLUMNS, FIGURES_KEY),
    addDays: add('topic_day', TOPIC_DAY_COLUMNS, DAY_KEY),
  };
}

/** The deltas of many artifacts, summed per row; rows that come to nothing are left out. */
export class TopicSums {
  private readonly bySpelling = new Map<string, MutableDelta>();
  private readonly byDay = new Map<string, MutableDelta>();

  add(delta: TopicDelta): void {
    const { topicId, name, taxonomyPath, day, precision } = delta;
    addTo(this.bySpelling, `${topicId}\u0000${name}\u0000${taxonomyPath}`, delta);
    addTo(this.byDay, `${topicId}\u0000${day}\u0000${precision}`, delta);
  }

  figures(): readonly TopicDelta[] {
    return notZero(this.bySpelling);
  }

  days(): readonly TopicDelta[] {
    return notZero(this.byDay);
  }
}

type MutableDelta = { -readonly [K in keyof TopicDelta]: TopicDelta[K] };

function addTo(sums: Map<string, MutableDelta>, key: string, delta: TopicDelta): void {
  const sum = sums.get(key);
  if (sum === undefined) return void sums.set(key, { ...delta });
  sum.artifacts += delta.artifacts;
  sum.discoveries += delta.discoveries;
  sum.scoreSum += delta.scoreSum;
}

function notZero(sums: ReadonlyMap<string, TopicDelta>): readonly TopicDelta[] {
  return [...sums.values()].filter(({ artifacts, discoveries, scoreSum }) => artifacts !== 0 || discoveries !== 0 || scoreSum !== 0);
}
