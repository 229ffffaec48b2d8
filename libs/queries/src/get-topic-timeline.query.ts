import { PUBLISHED_PRECISION_CODES, type NamedQuery, type SqlReader } from '@harvest/read-models';
import type { Answered } from './list-discoveries.query';
import type { TimelineBucket, TimelineParameters } from './parse-topics-parameters';
import { topicUnknown } from './get-topic.query';
import { meanOf } from './topic-view';

const { second, day, month, year, 'first-seen': firstSeen } = PUBLISHED_PRECISION_CODES;

/** What is known only to the month or year counts in monthly and yearly figures, never in days. */
const PRECISIONS = {
  day: [second, day, firstSeen],
  month: [second, day, month, firstSeen],
  year: [second, day, month, year, firstSeen],
} as const;

interface BucketRow {
  readonly start: string;
  readonly artifacts: string;
  readonly discoveries: string;
  readonly score_sum: string;
  readonly is_known: boolean;
}

function timelineQuery(bucket: TimelineBucket): NamedQuery {
  const start = `date_trunc('${bucket}', DATE '1970-01-01' + d.day)::date`;
  return {
    name: `get-topic-timeline-${bucket}`,
    dependsOn: ['artifacts', 'scores'],
    text: (schema) => `SELECT k.is_known, b.start::text AS start, b.artifacts, b.discoveries, b.score_sum
      FROM (SELECT EXISTS (SELECT 1 FROM ${schema}.topic_figures AS f WHERE f.topic_id = $1::text AND f.artifacts > 0) AS is_known) AS k
      LEFT JOIN (SELECT ${start} AS start, sum(d.artifacts)::int8 AS artifacts, sum(d.discoveries)::int8 AS discoveries,
          sum(d.score_sum)::int8 AS score_sum
        FROM ${schema}.topic_day AS d
        WHERE d.topic_id = $1::text AND d.day >= $2::int4 AND d.day < $3::int4 AND d.precision IN (${PRECISIONS[bucket].join(', ')})
        GROUP BY 1 HAVING sum(d.artifacts) > 0 ORDER BY 1 DESC LIMIT $4::int4) AS b ON true
      ORDER BY b.start DESC`,
  };
}

/**
 * `GET /v1/topics/{id}/timeline`: `{"bucket":…,"items":[{start,artifacts,discoveries,meanScore}],"hasMore":…}`, latest first, buckets
 * without artifacts left out. `hasMore`: go on with `until` as the last `start`. Rejects with `topic-unknown`.
 */
export async function getTopicTimeline(reader: SqlReader, topicId: string, asked: TimelineParameters): Promise<Answered> {
  const { bucket, sinceDay, untilDay, limit } = asked;
  const { rows, snapshot } = await reader.query(timelineQuery(bucket), [topicId, sinceDay, untilDay, limit + 1]);
  const found = rows as unknown as readonly BucketRow[];
  if (found[0]?.is_known !== true) throw topicUnknown(topicId);
  const buckets = found.filter(({ start }) => start !== null);
  const items = buckets.slice(0, limit).map(({ start, artifacts, discoveries, score_sum: sum }) => {
    const meanScore = meanOf(sum, discoveries);
    return { start, artifacts: Number(artifacts), discoveries: Number(discoveries), ...(meanScore !== null && { meanScore }) };
  });
  return { body: Buffer.from(JSON.stringify({ topicId, bucket, items, hasMore: buckets.length > limit })), snapshot };
}
