import type { CanonicalRow } from './canonical';
import { dayOf, kindOf } from './expected-tables';
import type { Contribution } from './artifact';
import type { Table } from './snapshot';

const DAY_MS = 24 * 60 * 60 * 1000;

/** What rows that are not judged have added to the counts is taken out of the counts, so that the rest of them can be judged. */
export class ExcludedContributions {
  private readonly sums = new Map<string, { artifacts: number; discoveries: number }>();

  note(table: Table, row: CanonicalRow): void {
    const contribution = table === 'discovery' ? contributionOf(row) : null;
    if (contribution === null) return;
    this.addTo(keyed('count_by_kind', kindOf(contribution)), contribution.discoveries);
    this.addTo(keyed('count_by_day', dayOf(contribution)), contribution.discoveries);
  }

  private addTo(key: string, discoveries: number): void {
    const sum = this.sums.get(key) ?? { artifacts: 0, discoveries: 0 };
    this.sums.set(key, { artifacts: sum.artifacts + 1, discoveries: sum.discoveries + discoveries });
  }

  /** The row as it would be without them; null when nothing of it remains. */
  withoutExcluded(table: Table, row: CanonicalRow): CanonicalRow | null {
    const { artifacts, discoveries, ...columns } = row;
    const sum = this.sums.get(keyed(table, columns));
    if (sum === undefined) return row;
    const rest = { artifacts: Number(artifacts) - sum.artifacts, discoveries: Number(discoveries) - sum.discoveries };
    return rest.artifacts === 0 && rest.discoveries === 0 ? null : { ...columns, ...rest };
  }
}

function contributionOf(row: CanonicalRow): Contribution | null {
  const { source, artifact_type: artifactType, published_ms: publishedMs, published_precision: precision } = row;
  if (source === null || publishedMs === null) return null;
  const day = Math.floor(Number(publishedMs) / DAY_MS);
  return {
    source: String(source),
    artifactType: String(artifactType),
    day,
    precision: Number(precision),
    discoveries: row['visible'] === true ? 1 : 0,
  };
}

function keyed(table: Table, columns: CanonicalRow): string {
  const names = ['source', 'artifact_type', 'day', 'precision'].filter((name) => name in columns);
  return JSON.stringify([table, ...names.map((name) => String(columns[name]))]);
}
