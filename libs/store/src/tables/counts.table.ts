import type { CountDelta } from '@harvest/read-models';
import { PUBLISHED_PRECISION_CODES } from '@harvest/read-models';
import { columnList, declareColumns, unnestColumns, type Column } from './columns';

const KEY = 'COLLATE "C" NOT NULL';
const SOURCE: Column<CountDelta> = { name: 'source', type: 'text', declaration: KEY, valueOf: (row) => row.source };
const ARTIFACT_TYPE: Column<CountDelta> = { name: 'artifact_type', type: 'text', declaration: KEY, valueOf: (row) => row.artifactType };
const FIGURES: readonly Column<CountDelta>[] = [
  { name: 'artifacts', type: 'int8', declaration: 'NOT NULL', valueOf: (row) => row.artifacts },
  { name: 'discoveries', type: 'int8', declaration: 'NOT NULL', valueOf: (row) => row.discoveries },
];

export const COUNT_BY_KIND_COLUMNS: readonly Column<CountDelta>[] = [SOURCE, ARTIFACT_TYPE, ...FIGURES];
export const COUNT_BY_DAY_COLUMNS: readonly Column<CountDelta>[] = [
  SOURCE,
  ARTIFACT_TYPE,
  { name: 'day', type: 'int4', declaration: 'NOT NULL', valueOf: (row) => row.day },
  { name: 'precision', type: 'int2', declaration: 'NOT NULL', valueOf: (row) => PUBLISHED_PRECISION_CODES[row.precision] },
  ...FIGURES,
];

export function createCountTables(schema: string): readonly string[] {
  const table = (name: string, columns: readonly Column<CountDelta>[], key: string) =>
    `CREATE TABLE ${schema}.${name} (\n  ${declareColumns(columns)},\n  CONSTRAINT ${name}_pkey PRIMARY KEY (${key})\n)
     WITH (fillfactor = 50)`;
  return [
    table('count_by_kind', COUNT_BY_KIND_COLUMNS, 'source, artifact_type'),
    table('count_by_day', COUNT_BY_DAY_COLUMNS, 'source, artifact_type, day, precision'),
  ];
}

/** Shared by all partitions: sorted, and the last statements before COMMIT, so that they are locked for a commit only. */
export function countStatements(schema: string) {
  const add = (name: string, columns: readonly Column<CountDelta>[], key: string) =>
    `INSERT INTO ${schema}.${name} AS c (${columnList(columns)})
     SELECT ${columnList(columns, 'batch.')} FROM ${unnestColumns(columns)}
     ORDER BY batch.source COLLATE "C", batch.artifact_type COLLATE "C"${key.includes('day') ? ', batch.day, batch.precision' : ''}
     ON CONFLICT (${key}) DO UPDATE SET artifacts = c.artifacts + excluded.artifacts, discoveries = c.discoveries + excluded.discoveries`;
  return {
    addByKind: add('count_by_kind', COUNT_BY_KIND_COLUMNS, 'source, artifact_type'),
    addByDay: add('count_by_day', COUNT_BY_DAY_COLUMNS, 'source, artifact_type, day, precision'),
  };
}

/** The deltas of many artifacts, summed per row; rows that come to nothing are left out. */
export class CountSums {
  private readonly byKind = new Map<string, MutableDelta>();
  private readonly byDay = new Map<string, MutableDelta>();

  add(delta: CountDelta): void {
    const kind = `${delta.source}\u0000${delta.artifactType}`;
    addTo(this.byKind, kind, delta);
    addTo(this.byDay, `${kind}\u0000${delta.day}\u0000${delta.precision}`, delta);
  }

  kinds(): readonly CountDelta[] {
    return notZero(this.byKind);
  }

  days(): readonly CountDelta[] {
    return notZero(this.byDay);
  }
}

type MutableDelta = { -readonly [K in keyof CountDelta]: CountDelta[K] };

function addTo(sums: Map<string, MutableDelta>, key: string, delta: CountDelta): void {
  const sum = sums.get(key);
  if (sum === undefined) return void sums.set(key, { ...delta });
  sum.artifacts += delta.artifacts;
  sum.discoveries += delta.discoveries;
}

function notZero(sums: ReadonlyMap<string, CountDelta>): readonly CountDelta[] {
  return [...sums.values()].filter((sum) => sum.artifacts !== 0 || sum.discoveries !== 0);
}
