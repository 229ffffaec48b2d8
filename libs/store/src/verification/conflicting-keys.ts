import type { CanonicalRow, CanonicalTable, VerificationSnapshot } from '@harvest/read-models';

const DAY_MS = 86_400_000;

/** Of tables of sums: the columns that tell which row, and those that are sums. */
const SUMS: Partial<Record<CanonicalTable, { readonly key: readonly string[]; readonly figures: readonly string[] }>> = {
  count_by_kind: { key: ['source', 'artifact_type'], figures: ['artifacts', 'discoveries'] },
  count_by_day: { key: ['source', 'artifact_type', 'day', 'precision'], figures: ['artifacts', 'discoveries'] },
  topic_figures: { key: ['topic_id', 'name', 'taxonomy_path'], figures: ['artifacts', 'discoveries', 'score_sum'] },
  entity_figures: { key: ['entity_id', 'name'], figures: ['artifacts', 'discoveries', 'score_sum'] },
  topic_day: { key: ['topic_id', 'day', 'precision'], figures: ['artifacts', 'discoveries', 'score_sum'] },
};

/** Which sums the rows of a table of memberships are counted in. */
const SUMS_OF: Partial<Record<CanonicalTable, readonly CanonicalTable[]>> = {
  artifact_topic: ['topic_figures', 'topic_day'],
  artifact_entity: ['entity_figures'],
};

/**
 * Takes out of the content what no replay can reproduce: the rows of keys seen in two partitions, and their contributions to the
 * sums. Feed it the tables in their order: sums come after the rows that they are made of.
 */
export class ConflictingKeys {
  private readonly keys: ReadonlySet<string>;
  private readonly sums = new Map<string, Map<string, number>>();
  /** What conflicting artifacts add wherever they are counted, by id. */
  private readonly artifacts = new Map<string, CanonicalRow>();

  constructor(conflicting: VerificationSnapshot['conflictingKeys']) {
    this.keys = new Set(conflicting.map(({ key }) => key));
  }

  /** The row without what conflicting keys have in it; null when nothing is left. */
  without(table: CanonicalTable, row: CanonicalRow): CanonicalRow | null {
    if (this.keys.size === 0) return row;
    if (SUMS[table] !== undefined) return this.subtract(table, row);
    const isConflicting = this.keys.has(String(row['artifact_id'] ?? row['ingestion_id']));
    if (isConflicting) this.note(table, row);
    return isConflicting ? null : row;
  }

  private note(table: CanonicalTable, row: CanonicalRow): void {
    if (table === 'discovery' && row['source'] !== null && row['published_ms'] !== null) {
      const share = shareOf(row);
      this.artifacts.set(String(row['artifact_id']), share);
      for (const counted of ['count_by_kind', 'count_by_day'] as const) this.add(counted, share);
    }
    const share = this.artifacts.get(String(row['artifact_id']));
    if (share !== undefined) for (const counted of SUMS_OF[table] ?? []) this.add(counted, { ...row, ...share });
  }

  private add(table: CanonicalTable, share: CanonicalRow): void {
    const key = keyOf(table, share);
    const sums = this.sums.get(key) ?? new Map<string, number>();
    for (const figure of SUMS[table]?.figures ?? []) sums.set(figure, (sums.get(figure) ?? 0) + Number(share[figure]));
    this.sums.set(key, sums);
  }

  private subtract(table: CanonicalTable, row: CanonicalRow): CanonicalRow | null {
    const sums = this.sums.get(keyOf(table, row));
    if (sums === undefined) return row;
    const rest = [...sums].map(([figure, sum]) => [figure, Number(row[figure]) - sum] as const);
    if (rest.every(([, figure]) => figure === 0)) return null;
    return { ...row, ...Object.fromEntries(rest.map(([figure, value]) => [figure, String(value)])) };
  }
}

function shareOf(row: CanonicalRow): CanonicalRow {
  const isVisible = row['visible'] === true;
  return {
    source: row['source'] ?? null,
    artifact_type: row['artifact_type'] ?? null,
    day: Math.floor(Number(row['published_ms']) / DAY_MS),
    precision: row['published_precision'] ?? null,
    artifacts: 1,
    discoveries: isVisible ? 1 : 0,
    score_sum: isVisible ? Number(row['discovery_score']) : 0,
  };
}

function keyOf(table: CanonicalTable, row: CanonicalRow): string {
  return JSON.stringify([table, ...(SUMS[table]?.key ?? []).map((column) => row[column])]);
}
