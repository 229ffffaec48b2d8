import type { TopicView } from '@harvest/contracts';

/** Sums over the spellings of one topic. */
export interface TopicRecord {
  readonly topic_id: string;
  readonly name: string;
  readonly taxonomy_path: string | null;
  readonly artifacts: string;
  readonly discoveries: string;
  readonly score_sum: string;
}

const SCALE = 10_000;

/**
 * One row per topic that has artifacts. A topic that is known by its name only shows the smallest spelling that still has artifacts, and
 * the smallest path.
 */
export function topicsText(schema: string, where = 'true'): string {
  return `SELECT f.topic_id, min(f.name) AS name, min(nullif(f.taxonomy_path, '')) AS taxonomy_path, sum(f.artifacts)::int8 AS artifacts,
      sum(f.discoveries)::int8 AS discoveries, sum(f.score_sum)::int8 AS score_sum
    FROM ${schema}.topic_figures AS f WHERE f.artifacts > 0 AND ${where} GROUP BY f.topic_id`;
}

export function topicView(row: TopicRecord): TopicView {
  const meanScore = meanOf(row.score_sum, row.discoveries);
  return {
    topicId: row.topic_id,
    name: row.name,
    ...(row.taxonomy_path !== null && { taxonomyPath: row.taxonomy_path }),
    artifacts: Number(row.artifacts),
    discoveries: Number(row.discoveries),
    ...(meanScore !== null && { meanScore }),
  };
}

/** With four decimals; null of none. */
export function meanOf(scoreSum: string, discoveries: string): number | null {
  return Number(discoveries) === 0 ? null : Math.round(Number(scoreSum) / Number(discoveries)) / SCALE;
}
