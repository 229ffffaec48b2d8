/** Of the rows: how many are visible, of which sources, and how much of the whole each is. */
export interface SampleOptions {
  readonly schema: string;
  readonly rows: number;
}

/**
 * Discoveries, cards and counts made by Postgres itself, the same ones every time: sources and types from the commonest (45 %) to
 * the rarest (0.02 %), skewed scores, ties, days and months, one row in twenty not visible.
 */
export function sampleStatements({ schema, rows }: SampleOptions): readonly string[] {
  return [
    `CREATE FUNCTION pg_temp.chance(n int, salt int) RETURNS float8 LANGUAGE sql IMMUTABLE
      RETURN (hashint8extended(n, salt) & 1073741823)::float8 / 1073741824`,
    `INSERT INTO ${schema}.discovery (published_ms, first_seen_ms, computed_at_ms, hot, discovery_score, novelty, guards,
        published_precision, visible, artifact_id, source, artifact_type, model)
      SELECT s.published, 1790000000000, 1790000000123, ((ln(greatest(s.score, 1)) + s.published / 1209600000.0) * 1000000)::int8, s.score,
        CASE WHEN s.n % 3 = 0 THEN NULL ELSE s.score / 2 END, 0, s.n % 2 + 1, s.n % 20 <> 0, 'arxiv:é/' || md5(s.n::text), s.source, s.type,
        CASE WHEN s.n % 7 = 0 THEN NULL ELSE 'model "1"' END
      FROM (${sampleRows(rows)}) AS s`,
    `INSERT INTO ${schema}.artifact_card (artifact_id, card, detail, topics, entities)
      SELECT d.artifact_id, '"artifactId":' || to_json(d.artifact_id) || ',"source":' || to_json(d.source) || ',"artifactType":'
        || to_json(d.artifact_type) || ',"title":"' || repeat(md5(d.artifact_id), 3) || '","authors":[{"name":"Ada"}]',
        '"text":"all of it"', '', '' FROM ${schema}.discovery AS d`,
    `INSERT INTO ${schema}.count_by_kind (source, artifact_type, artifacts, discoveries)
      SELECT d.source, d.artifact_type, count(*), count(*) FILTER (WHERE d.visible) FROM ${schema}.discovery AS d GROUP BY 1, 2`,
    `INSERT INTO ${schema}.count_by_day (source, artifact_type, day, precision, artifacts, discoveries)
      SELECT d.source, d.artifact_type, floor(d.published_ms / 86400000.0)::int4, d.published_precision, count(*),
        count(*) FILTER (WHERE d.visible) FROM ${schema}.discovery AS d GROUP BY 1, 2, 3, 4`,
    ...topicStatements(schema),
    `ANALYZE ${schema}.artifact_entity, ${schema}.entity_figures, ${schema}.artifact_topic, ${schema}.topic_figures, ${schema}.topic_day, ${schema}.discovery, ${schema}.artifact_card, ${schema}.count_by_kind, ${schema}.count_by_day`,
  ];
}

/** Days from 1969 on, so that some are before the epoch; scores in steps, so that many are equal. */
function sampleRows(rows: number): string {
  return `SELECT g.n, (-365 + (21000 * pg_temp.chance(g.n, 2))::int8) * 86400000 AS published,
      (power(pg_temp.chance(g.n, 3), 3) * 10000)::int * 100 AS score,
      CASE WHEN g.r < 0.45 THEN 'lobsters' WHEN g.r < 0.7 THEN 'github' WHEN g.r < 0.93 THEN 'arxiv' WHEN g.r < 0.98 THEN 'acl'
        WHEN g.r < 0.995 THEN 'two-percent' WHEN g.r < 0.9998 THEN 'half-percent' ELSE 'rare' END AS source,
      CASE WHEN g.r < 0.45 THEN 'post' WHEN g.r < 0.7 THEN 'repository' WHEN g.r < 0.9 THEN 'preprint' WHEN g.r < 0.98 THEN 'paper'
        WHEN g.r < 0.9999 THEN 'release' ELSE 'tweet' END AS type
    FROM (SELECT n, pg_temp.chance(n, 1) AS r FROM generate_series(1, ${rows}) AS n) AS g`;
}

/** Topics, and entities of the same names, from half of all artifacts to a handful, apart from sources and types; unscored artifacts are members too. */
export const SAMPLE_TOPICS = { half: 2, tenth: 10, percent: 100, 'per-mille': 1_000, rare: 20_000 } as const;

function topicStatements(schema: string): readonly string[] {
  const topics = Object.entries(SAMPLE_TOPICS).map(([name, every]) => `('name:${name}', '${name}', ${every})`);
  const sums = `count(*), count(*) FILTER (WHERE d.visible), coalesce(sum(d.discovery_score) FILTER (WHERE d.visible), 0)`;
  const joined = `${schema}.artifact_topic AS m JOIN ${schema}.discovery AS d ON d.artifact_id = m.artifact_id`;
  return [
    `INSERT INTO ${schema}.artifact_topic (topic_id, name, taxonomy_path, confidence, artifact_id, published_ms)
      SELECT t.id, t.name, '', 10000, d.artifact_id, d.published_ms FROM ${schema}.discovery AS d
      JOIN (VALUES ${topics.join(', ')}) AS t (id, name, every) ON hashtextextended(d.artifact_id, 7) % t.every = 0`,
    `INSERT INTO ${schema}.topic_figures (topic_id, name, taxonomy_path, artifacts, discoveries, score_sum)
      SELECT m.topic_id, m.name, '', ${sums} FROM ${joined} GROUP BY 1, 2`,
    `INSERT INTO ${schema}.artifact_entity (entity_id, name, roles, artifact_id, published_ms)
      SELECT m.topic_id, m.name, 1, m.artifact_id, m.published_ms FROM ${schema}.artifact_topic AS m`,
    `INSERT INTO ${schema}.entity_figures (entity_id, name, artifacts, discoveries, score_sum)
      SELECT f.topic_id, f.name, f.artifacts, f.discoveries, f.score_sum FROM ${schema}.topic_figures AS f`,
    `INSERT INTO ${schema}.topic_day (topic_id, day, precision, artifacts, discoveries, score_sum)
      SELECT m.topic_id, floor(d.published_ms / 86400000.0)::int4, d.published_precision, ${sums} FROM ${joined} GROUP BY 1, 2, 3`,
  ];
}
