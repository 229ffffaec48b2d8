import type { CanonicalRow, CanonicalTable, VerificationSnapshot } from '@harvest/read-models';

const DAY_MS = 86_400_000;

/**
 * Takes out of the content what no replay can reproduce: the rows of keys seen in two partitions, and their contributions to the
 * counts. Feed it the tables in their order: the counts come after the artifacts.
 */
export class ConflictingKeys {
  private readonly keys: ReadonlySet<string>;
  private readonly sums = new Map<string, { artifacts: number; discoveries: number }>();

  constructor(conflicting: VerificationSnapshot['conflictingKeys']) {
    this.keys = new Set(conflicting.map(({ key }) => key));
  }

  /** The row without what conflicting keys have in it; null when nothing is left. */
  without(table: CanonicalTable, row: CanonicalRow): CanonicalRow | null {
    if (this.keys.size === 0) return row;
    if (table === 'count_by_kind' || table === 'count_by_day') return this.subtract(table, row);
    const isConflicting = this.keys.has(String(row['artifact_id'] ?? row['ingestion_id']));
    if (isConflicting && table === 'discovery') this.note(row);
    return isConflicting ? null : row;
  }

  private note(row: CanonicalRow): void {
    if (row['source'] === null || row['published_ms'] === null) return;
    const kind = [row['source'], row['artifact_type']];
    const day = Math.floor(Number(row['published_ms']) / DAY_MS);
    for (const key of [kind, [...kind, day, row['published_precision']]]) {
      const sum = this.sums.get(JSON.stringify(key)) ?? { artifacts: 0, discoveries: 0 };
      sum.artifacts += 1;
      sum.discoveries += row['visible'] === true ? 1 : 0;
      this.sums.set(JSON.stringify(key), sum);
    }
  }

  private subtract(table: 'count_by_kind' | 'count_by_day', row: CanonicalRow): CanonicalRow | null {
    const kind = [row['source'], row['artifact_type']];
    const key = table === 'count_by_kind' ? kind : [...kind, row['day'], row['precision']];
    const sum = this.sums.get(JSON.stringify(key));
    if (sum === undefined) return row;
    const artifacts = Number(row['artifacts']) - sum.artifacts;
    const discoveries = Number(row['discoveries']) - sum.discoveries;
    return artifacts === 0 && discoveries === 0 ? null : { ...row, artifacts: String(artifacts), discoveries: String(discoveries) };
  }
}
