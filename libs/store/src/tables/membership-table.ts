import type { Contribution, Membership } from '@harvest/read-models';
import { columnList, declareColumns, unnestColumns, type Column } from './columns';
import { addSums, createSumTable, type SumTable } from './sum-table';

const TEXT_KEY = 'COLLATE "C" NOT NULL';

/** Who belongs to what, with the figures of each group. `M`: how an artifact names a group. */
export interface MembershipTable<M> {
  readonly name: string;
  /** The group's id. */
  readonly group: Column<M>;
  /** What else a membership says. */
  readonly details: readonly Column<M>[];
  readonly sums: readonly SumTable<M & Contribution>[];
}

/**
 * Written once and never touched by a score: a group's artifacts by date are one range of the only index, and whether an artifact that is
 * met elsewhere belongs to a group is one look-up of it. (docs/decisions, 13)
 */
export function createMembershipTables<M>(schema: string, table: MembershipTable<M>): readonly string[] {
  return [
    `CREATE TABLE ${schema}.${table.name} (
  ${declareColumns(memberColumns(table))},
  CONSTRAINT ${table.name}_pkey PRIMARY KEY (${memberKey(table).map(nameOf).join(', ')})
)`,
    ...table.sums.map((sums) => createSumTable(schema, sums)),
  ];
}

/** Fixed widths first: no padding between them. */
export function memberColumns<M>({ group, details }: MembershipTable<M>): readonly Column<M & Membership>[] {
  const [published, artifact] = MEMBERSHIP;
  const isFixed = ({ type }: Column<M>) => type !== 'text';
  return [published, ...details.filter(isFixed), group, artifact, ...details.filter((column) => !isFixed(column))];
}

/** What tells a membership; the rest of its row is not needed to remove it. */
export function memberKey<M>({ group }: MembershipTable<M>): readonly Column<M & Membership>[] {
  return [group, ...MEMBERSHIP];
}

const MEMBERSHIP: readonly [Column<Membership>, Column<Membership>] = [
  { name: 'published_ms', type: 'int8', declaration: 'NOT NULL', valueOf: (row) => row.publishedMs },
  { name: 'artifact_id', type: 'text', declaration: TEXT_KEY, valueOf: (row) => row.artifactId },
];

const nameOf = ({ name }: { readonly name: string }) => name;

/** Rows ride under the lock of the artifact's discovery row: no lock of their own, and no order to keep. `add_<table>` for its sums. */
export function membershipStatements<M>(schema: string, table: MembershipTable<M>): Record<string, string> {
  const name = `${schema}.${table.name}`;
  const columns = memberColumns(table);
  const key = memberKey(table);
  return {
    insert: `INSERT INTO ${name} (${columnList(columns)}) SELECT ${columnList(columns, 'batch.')} FROM ${unnestColumns(columns)}`,
    delete: `DELETE FROM ${name} AS m USING ${unnestColumns(key)} WHERE ${key.map((column) => `m.${column.name} = batch.${column.name}`).join(' AND ')}`,
    ...Object.fromEntries(table.sums.map((sums) => [`add_${sums.name}`, addSums(schema, sums)])),
  };
}
