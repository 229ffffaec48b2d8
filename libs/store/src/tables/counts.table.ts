import type { CountDelta } from '@harvest/read-models';
import { PUBLISHED_PRECISION_CODES } from '@harvest/read-models';
import type { Column } from './columns';
import { addSums, createSumTable, type SumTable } from './sum-table';

const KEY = 'COLLATE "C" NOT NULL';
const KIND: readonly Column<CountDelta>[] = [
  { name: 'source', type: 'text', declaration: KEY, valueOf: (row) => row.source },
  { name: 'artifact_type', type: 'text', declaration: KEY, valueOf: (row) => row.artifactType },
];
const FIGURES: SumTable<CountDelta>['figures'] = [
  { column: 'artifacts', member: 'artifacts' },
  { column: 'discoveries', member: 'discoveries' },
];

export const COUNT_BY_KIND: SumTable<CountDelta> = { name: 'count_by_kind', key: KIND, figures: FIGURES };
export const COUNT_BY_DAY: SumTable<CountDelta> = {
  name: 'count_by_day',
  key: [
    ...KIND,
    { name: 'day', type: 'int4', declaration: 'NOT NULL', valueOf: (row) => row.day },
    { name: 'precision', type: 'int2', declaration: 'NOT NULL', valueOf: (row) => PUBLISHED_PRECISION_CODES[row.precision] },
  ],
  figures: FIGURES,
};

export function createCountTables(schema: string): readonly string[] {
  return [createSumTable(schema, COUNT_BY_KIND), createSumTable(schema, COUNT_BY_DAY)];
}

export function countStatements(schema: string) {
  return { addByKind: addSums(schema, COUNT_BY_KIND), addByDay: addSums(schema, COUNT_BY_DAY) };
}
