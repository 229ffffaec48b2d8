import type { CanonicalRow } from './canonical';
import { dayOf, kindOf } from './expected-tables';
import { entityOf, topicDayOf, topicOf } from './expected-memberships';
import type { Contribution } from './artifact';
import type { Table } from './snapshot';

const DAY_MS = 24 * 60 * 60 * 1000;

type Figures = Readonly<Record<string, number>>;

/** The columns that are sums, by table. */
const FIGURES: Partial<Record<Table, readonly string[]>> = {
  count_by_kind: ['artifacts', 'discoveries'],
  count_by_day: ['artifacts', 'discoveries'],
  topic_figures: ['artifacts', 'discoveries', 'score_sum'],
  topic_day: ['artifacts', 'discoveries', 'score_sum'],
  entity_figures: ['artifacts', 'discoveries', 'score_sum'],
};

/**
 * What rows that are not judged have added to sums is taken out of the sums, so that the rest of them can be judged. Feed it the tables in
 * their order: sums come after the rows that they are made of.
 */
export class ExcludedContributions {
  private readonly sums = new Map<string, Figures>();
  private readonly artifacts = new Map<string, Contribution>();

  note(table: Table, row: CanonicalRow): void {
    if (table === 'discovery') this.noteArtifact(row);
    if (table === 'artifact_topic') this.noteTopic(row);
    if (table === 'artifact_entity') this.noteEntity(row);
  }

  private noteArtifact(row: CanonicalRow): void {
    const contribution = contributionOf(row);
    if (contribution === null) return;
    this.artifacts.set(String(row['artifact_id']), contribution);
    const figures = { artifacts: 1, discoveries: contribution.discoveries };
    this.addTo(keyed('count_by_kind', kindOf(contribution)), figures);
    this.addTo(keyed('count_by_day', dayOf(contribution)), figures);
  }

  private noteEntity(row: CanonicalRow): void {
    const contribution = this.artifacts.get(String(row['artifact_id']));
    if (contribution === undefined) return;
    const figures = { artifacts: 1, discoveries: contribution.discoveries, score_sum: contribution.score };
    this.addTo(keyed('entity_figures', entityOf({ entityId: String(row['entity_id']), name: String(row['name']) })), figures);
  }

  private noteTopic(row: CanonicalRow): void {
    const contribution = this.artifacts.get(String(row['artifact_id']));
    if (contribution === undefined) return;
    const topic = { topicId: String(row['topic_id']), name: String(row['name']), taxonomyPath: String(row['taxonomy_path']) };
    const figures = { artifacts: 1, discoveries: contribution.discoveries, score_sum: contribution.score };
    this.addTo(keyed('topic_figures', topicOf(topic)), figures);
    this.addTo(keyed('topic_day', topicDayOf({ ...topic, ...contribution })), figures);
  }

  private addTo(key: string, figures: Figures): void {
    const sum = this.sums.get(key) ?? {};
    this.sums.set(key, Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, (sum[name] ?? 0) + value])));
  }

  /** The row as it would be without them; null when nothing of it remains. */
  withoutExcluded(table: Table, row: CanonicalRow): CanonicalRow | null {
    const names = FIGURES[table];
    const sum = names && this.sums.get(keyed(table, columnsBut(row, names)));
    if (names === undefined || sum === undefined) return row;
    const rest = Object.fromEntries(names.map((name) => [name, Number(row[name]) - (sum[name] ?? 0)]));
    return Object.values(rest).every((figure) => figure === 0) ? null : { ...columnsBut(row, names), ...rest };
  }
}

const columnsBut = (row: CanonicalRow, names: readonly string[]): CanonicalRow =>
  Object.fromEntries(Object.entries(row).filter(([name]) => !names.includes(name)));

function contributionOf(row: CanonicalRow): Contribution | null {
  const { source, artifact_type: artifactType, published_ms: publishedMs, published_precision: precision } = row;
  if (source === null || publishedMs === null) return null;
  const isVisible = row['visible'] === true;
  return {
    source: String(source),
    artifactType: String(artifactType),
    day: Math.floor(Number(publishedMs) / DAY_MS),
    precision: Number(precision),
    discoveries: isVisible ? 1 : 0,
    score: isVisible ? Number(row['discovery_score']) : 0,
  };
}

const KEY_COLUMNS = ['source', 'artifact_type', 'topic_id', 'entity_id', 'name', 'taxonomy_path', 'day', 'precision'];

function keyed(table: Table, columns: CanonicalRow): string {
  const names = KEY_COLUMNS.filter((name) => name in columns);
  return JSON.stringify([table, ...names.map((name) => String(columns[name]))]);
}
