import { PUBLISHED_PRECISION_CODES, type NamedQuery, type SqlReader } from '@harvest/read-models';
import type { Answered } from './list-discoveries.query';
import type { TrendingParameters } from './parse-topics-parameters';
import { trendOf } from './topic-trend';
import { meanOf, type TopicRecord, topicsText } from './topic-view';

const { second, day, 'first-seen': firstSeen } = PUBLISHED_PRECISION_CODES;
/** A month is not a day. */
const IS_DAILY = `d.precision IN (${[second, day, firstSeen].join(', ')})`;
const SERIES_DAYS = 60;
const DAY_MS = 86_400_000;

interface TrendingRow extends TopicRecord {
  readonly before: string;
  readonly first_half: string;
  /** JSON: `[[day, artifacts], …]`, days without artifacts left out. */
  readonly series: string | null;
}

/** $1 the day after the window, $2 the window's days, $3 the limit. One range of the key for each topic. */
const LIST_TRENDING: NamedQuery = {
  name: 'list-trending-topics',
  dependsOn: ['artifacts', 'scores'],
  text: (schema) => `SELECT t.topic_id, t.name, t.taxonomy_path, w.artifacts, w.discoveries, w.score_sum, w.before, w.first_half,
      (SELECT json_agg(json_build_array(s.day, s.artifacts)) FROM (SELECT d.day, sum(d.artifacts)::int8 AS artifacts
        FROM ${schema}.topic_day AS d WHERE d.topic_id = t.topic_id AND d.day >= $1::int4 - ${SERIES_DAYS} AND d.day < $1::int4 AND ${IS_DAILY}
        GROUP BY d.day) AS s) AS series
    FROM (${topicsText(schema)}) AS t CROSS JOIN LATERAL (${windowText(schema)}) AS w
    WHERE w.artifacts > 0
    ORDER BY w.artifacts DESC, w.score_sum::numeric / greatest(w.discoveries, 1) DESC, t.topic_id LIMIT $3::int4`,
};

/** The second half of an odd window is the longer one's complement: its days from the middle on. */
function windowText(schema: string): string {
  const inWindow = `d.day >= $1::int4 - $2::int4`;
  const sum = (column: string, where: string) => `coalesce(sum(d.${column}) FILTER (WHERE ${where}), 0)::int8`;
  return `SELECT ${sum('artifacts', inWindow)} AS artifacts, ${sum('discoveries', inWindow)} AS discoveries,
      ${sum('score_sum', inWindow)} AS score_sum, ${sum('artifacts', `NOT ${inWindow}`)} AS before,
      ${sum('artifacts', `${inWindow} AND 2 * (d.day - $1::int4 + $2::int4) < $2::int4`)} AS first_half
    FROM ${schema}.topic_day AS d
    WHERE d.topic_id = t.topic_id AND d.day >= $1::int4 - 2 * $2::int4 AND d.day < $1::int4 AND ${IS_DAILY}`;
}

/** `GET /v1/topics/trending`: the most artifacts in the window first, of equals the higher mean score. */
export async function listTrendingTopics(reader: SqlReader, asked: TrendingParameters): Promise<Answered> {
  const { windowDays, endDay, limit } = asked;
  const { rows, snapshot } = await reader.query(LIST_TRENDING, [endDay, windowDays, limit]);
  const items = (rows as unknown as readonly TrendingRow[]).map((row) => trendingView(row, asked));
  const window = { since: dateOf(endDay - windowDays), until: dateOf(endDay), days: windowDays };
  return { body: Buffer.from(JSON.stringify({ window, items })), snapshot };
}

function trendingView(row: TrendingRow, { windowDays, endDay }: TrendingParameters) {
  const artifacts = Number(row.artifacts);
  const firstHalf = Number(row.first_half);
  const meanScore = meanOf(row.score_sum, row.discoveries);
  const days = new Map(parsedSeries(row.series));
  const series = Array.from({ length: SERIES_DAYS }, (_, index) => days.get(endDay - SERIES_DAYS + index) ?? 0);
  const halves = { firstHalf, secondHalf: artifacts - firstHalf };
  const { emergence, ...trend } = trendOf({ windowDays, artifacts, artifactsBefore: Number(row.before), ...halves, meanScore, series });
  return {
    ...{ topicId: row.topic_id, name: row.name, ...(row.taxonomy_path !== null && { taxonomyPath: row.taxonomy_path }) },
    ...{ artifacts, discoveries: Number(row.discoveries), ...(meanScore !== null && { meanScore }) },
    ...{ artifactsBefore: Number(row.before), ...trend, ...(emergence !== null && { emergence }) },
  };
}

/** The reader parses no JSON. */
function parsedSeries(series: string | null): readonly (readonly [number, number])[] {
  return series !== null ? (JSON.parse(series) as (readonly [number, number])[]) : [];
}

const dateOf = (wholeDay: number) => new Date(wholeDay * DAY_MS).toISOString().slice(0, 10);
