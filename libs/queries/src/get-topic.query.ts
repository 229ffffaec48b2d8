import { HarvestError } from '@harvest/kernel';
import type { NamedQuery, SqlReader } from '@harvest/read-models';
import type { Answered } from './list-discoveries.query';
import { type TopicRecord, topicsText, topicView } from './topic-view';

interface SpelledTopic extends TopicRecord {
  readonly spellings: string;
}

const GET_TOPIC: NamedQuery = {
  name: 'get-topic',
  dependsOn: ['artifacts', 'scores'],
  text: (schema) => `SELECT t.topic_id, t.name, t.taxonomy_path, t.artifacts, t.discoveries, t.score_sum,
      (SELECT json_agg(json_build_object('name', s.name, 'artifacts', s.artifacts) ORDER BY s.artifacts DESC, s.name)::text
        FROM (SELECT f.name, sum(f.artifacts)::int8 AS artifacts FROM ${schema}.topic_figures AS f
          WHERE f.topic_id = $1::text AND f.artifacts > 0 GROUP BY f.name) AS s) AS spellings
    FROM (${topicsText(schema, 'f.topic_id = $1::text')}) AS t`,
};

/** `GET /v1/topics/{id}`. Rejects with `topic-unknown` where no observed artifact belongs to it. */
export async function getTopic(reader: SqlReader, topicId: string): Promise<Answered> {
  const { rows, snapshot } = await reader.query(GET_TOPIC, [topicId]);
  const row = rows[0] as unknown as SpelledTopic | undefined;
  if (row === undefined) throw topicUnknown(topicId);
  return { body: Buffer.from(JSON.stringify({ ...topicView(row), spellings: JSON.parse(row.spellings) as unknown })), snapshot };
}

export function topicUnknown(topicId: string): HarvestError {
  return new HarvestError({
    code: 'topic-unknown',
    message: `there is no topic "${topicId.slice(0, 200)}": no observed artifact belongs to it. A topic known by its name has the id "name:" and the name in lower case`,
    context: { topicId },
  });
}
