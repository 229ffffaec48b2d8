import { columnList, declareColumns, unnestColumns, type Column } from './columns';

/** Names of the members of `Row` that are numbers. */
type FigureOf<Row> = { [K in keyof Row]: Row[K] extends number ? K : never }[keyof Row];

/** A table whose rows are exact sums of what many subjects contribute, kept by adding changes. */
export interface SumTable<Row> {
  readonly name: string;
  readonly key: readonly Column<Row>[];
  /** Column name by member. */
  readonly figures: readonly { readonly column: string; readonly member: FigureOf<Row> }[];
}

function figureColumns<Row>({ figures }: SumTable<Row>): readonly Column<Row>[] {
  return figures.map(({ column, member }) => ({
    name: column,
    type: 'int8',
    declaration: 'NOT NULL',
    valueOf: (row) => row[member] as number,
  }));
}

export function sumColumns<Row>(table: SumTable<Row>): readonly Column<Row>[] {
  return [...table.key, ...figureColumns(table)];
}

const keyList = <Row>({ key }: SumTable<Row>) => key.map(({ name }) => name).join(', ');

/** Half empty pages: rows change in place, over and over. */
export function createSumTable<Row>(schema: string, table: SumTable<Row>): string {
  return `CREATE TABLE ${schema}.${table.name} (
  ${declareColumns(sumColumns(table))},
  CONSTRAINT ${table.name}_pkey PRIMARY KEY (${keyList(table)})
) WITH (fillfactor = 50)`;
}

/** Shared by all partitions: sorted, and among the last statements before COMMIT, so that its rows are locked for a commit only. */
export function addSums<Row>(schema: string, table: SumTable<Row>): string {
  const columns = sumColumns(table);
  const order = table.key.map(({ name, type }) => `batch.${name}${type === 'text' ? ' COLLATE "C"' : ''}`).join(', ');
  const sums = table.figures.map(({ column }) => `${column} = s.${column} + excluded.${column}`).join(', ');
  return `INSERT INTO ${schema}.${table.name} AS s (${columnList(columns)})
    SELECT ${columnList(columns, 'batch.')} FROM ${unnestColumns(columns)} ORDER BY ${order}
    ON CONFLICT (${keyList(table)}) DO UPDATE SET ${sums}`;
}

/** Changes of many subjects, added up per row of the table. */
export class Sums<Row extends object> {
  private readonly rows = new Map<string, Row>();

  constructor(private readonly table: SumTable<Row>) {}

  add(delta: Row): void {
    const key = this.table.key.map(({ valueOf }) => String(valueOf(delta))).join('\u0000');
    const sum = this.rows.get(key);
    if (sum === undefined) return void this.rows.set(key, { ...delta });
    for (const { member } of this.table.figures) (sum[member] as number) += delta[member] as number;
  }

  /** Rows that come to nothing are left out. */
  changed(): readonly Row[] {
    return [...this.rows.values()].filter((row) => this.table.figures.some(({ member }) => row[member] !== 0));
  }
}
