import { canonicalValue, rowDigest, RowHash, type CanonicalRow } from './canonical';
import { ExcludedContributions } from './excluded-contributions';
import type { ExpectedTable } from './expected-table';
import { keyOf } from './expected-tables';
import type { EventPosition } from './provenance';
import { TABLE_NAMES, TABLES, type SnapshotToVerify, type Table } from './snapshot';

export interface ColumnDifference {
  readonly column: string;
  readonly expected: CanonicalRow[string] | undefined;
  readonly actual: CanonicalRow[string] | undefined;
}

export interface RowDifference {
  readonly table: Table;
  readonly key: string;
  readonly kind: 'missing' | 'unexpected' | 'twice' | 'different';
  /** Empty for a row that is missing, unexpected or there twice. */
  readonly columns: readonly ColumnDifference[];
  /** The events that made the row, by the log. */
  readonly events: readonly EventPosition[];
}

export interface TableVerdict {
  readonly table: Table;
  /** Rows that the log says must be there. */
  readonly expected: number;
  /** Rows that were held against the log. */
  readonly compared: number;
  /** Rows of keys in two partitions: not judged. */
  readonly excluded: number;
  readonly differing: number;
  /** Of all rows, whatever their order; equal when nothing differs. */
  readonly expectedHash: string;
  readonly actualHash: string;
}

export interface Comparison {
  readonly tables: readonly TableVerdict[];
  /** The first of them, by table and key. */
  readonly differences: readonly RowDifference[];
  readonly differing: number;
}

export const MAX_DIFFERENCES = 20;

/** Holds every row of every table against what the log says. */
export async function compareTables(
  expected: Readonly<Record<Table, ExpectedTable>>,
  snapshot: Pick<SnapshotToVerify, 'rows'>,
): Promise<Comparison> {
  const excluded = new ExcludedContributions();
  const comparisons: TableComparison[] = [];
  for (const table of TABLE_NAMES) {
    const comparison = new TableComparison(table, expected[table], excluded);
    for await (const rows of snapshot.rows(table)) for (const row of rows) comparison.add(row);
    comparison.finish();
    comparisons.push(comparison);
  }
  return {
    tables: comparisons.map((comparison) => comparison.verdict()),
    differences: comparisons.flatMap((comparison) => comparison.differences).slice(0, MAX_DIFFERENCES),
    differing: comparisons.reduce((sum, comparison) => sum + comparison.differing, 0),
  };
}

class TableComparison {
  readonly differences: RowDifference[] = [];
  differing = 0;
  private compared = 0;
  private excludedRows = 0;
  private readonly seen = new Set<string>();
  private readonly actualHash = new RowHash();
  private readonly expectedHash = new RowHash();

  constructor(
    private readonly table: Table,
    private readonly expected: ExpectedTable,
    private readonly excluded: ExcludedContributions,
  ) {}

  add(row: CanonicalRow): void {
    const key = keyOf(TABLES[this.table], row);
    if (this.expected.isExcluded(key)) {
      this.excludedRows += 1;
      this.excluded.note(this.table, row);
      return;
    }
    const counted = this.excluded.withoutExcluded(this.table, row);
    if (counted !== null) this.judge(key, counted);
  }

  private judge(key: string, actual: CanonicalRow): void {
    this.compared += 1;
    const expected = this.expected.row(key);
    const isFirst = !this.seen.has(key);
    this.seen.add(key);
    const columns = expected === null ? [] : differingColumns(expected, actual);
    if (expected !== null && isFirst && columns.length === 0) return this.agree(rowDigest(expected));
    this.actualHash.add(rowDigest(actual));
    if (!isFirst) return this.report(key, 'twice');
    if (expected === null) return this.report(key, 'unexpected');
    this.expectedHash.add(rowDigest(expected));
    this.report(key, 'different', columns);
  }

  /** Equal rows have equal digests: one is enough. */
  private agree(digest: bigint): void {
    this.actualHash.add(digest);
    this.expectedHash.add(digest);
  }

  private report(key: string, kind: RowDifference['kind'], columns: readonly ColumnDifference[] = []): void {
    this.differing += 1;
    if (this.differences.length >= MAX_DIFFERENCES) return;
    this.differences.push({ table: this.table, key, kind, columns, events: this.expected.events(key) });
  }

  finish(): void {
    for (const key of this.expected.keys) if (!this.seen.has(key)) this.miss(key);
  }

  private miss(key: string): void {
    this.expectedHash.add(rowDigest(this.expected.row(key) ?? {}));
    this.report(key, 'missing');
  }

  verdict(): TableVerdict {
    return {
      table: this.table,
      expected: this.expected.keys.length,
      compared: this.compared,
      excluded: this.excludedRows,
      differing: this.differing,
      expectedHash: this.expectedHash.digest(),
      actualHash: this.actualHash.digest(),
    };
  }
}

/** A column that only one side has differs, too: a table that grew without the oracle would go unproved. */
function differingColumns(expected: CanonicalRow, actual: CanonicalRow): readonly ColumnDifference[] {
  const columns = new Set([...Object.keys(expected), ...Object.keys(actual)]);
  const differing = [...columns].filter((column) => isDifferent(column, expected[column], actual[column]));
  return differing.map((column) => ({ column, expected: expected[column], actual: actual[column] }));
}

function isDifferent(column: string, expected: CanonicalRow[string] | undefined, actual: CanonicalRow[string] | undefined): boolean {
  if (expected === actual) return false;
  if (expected === undefined || actual === undefined) return true;
  return canonicalValue(column, expected) !== canonicalValue(column, actual);
}
