import type { NamedQuery, SqlReader } from '@harvest/read-models';
import type { CursorSigner } from './cursor';
import type { Answered } from './list-discoveries.query';
import type { TopicsParameters } from './parse-topics-parameters';
import { type TopicRecord, topicsText, topicView } from './topic-view';

const QUESTION = 'topics';

/** Sums over all topics, of which there are some hundreds: no index could hold an order of sums. */
function listTopicsQuery(goesOn: boolean): NamedQuery {
  const after = goesOn ? 'WHERE (t.artifacts, t.topic_id) < ($2::int8, $3::text)' : '';
  return {
    name: `list-topics${goesOn ? '-after' : ''}`,
    dependsOn: ['artifacts', 'scores'],
    text: (schema) => `SELECT t.topic_id, t.name, t.taxonomy_path, t.artifacts, t.discoveries, t.score_sum
      FROM (${topicsText(schema)}) AS t ${after} ORDER BY t.artifacts DESC, t.topic_id DESC LIMIT $1::int4`,
  };
}

/** `GET /v1/topics`: those with the most artifacts first. Rejects with `invalid-cursor`. */
export async function listTopics(reader: SqlReader, cursors: CursorSigner, asked: TopicsParameters): Promise<Answered> {
  const key = asked.cursor === null ? [] : cursors.open(QUESTION, asked.cursor);
  const { rows, snapshot } = await reader.query(listTopicsQuery(key.length > 0), [asked.limit + 1, ...key]);
  const page = rows.slice(0, asked.limit) as unknown as readonly TopicRecord[];
  const last = page.at(-1);
  const hasMore = rows.length > asked.limit;
  const nextCursor = hasMore && last ? cursors.seal(QUESTION, [last.artifacts, last.topic_id]) : null;
  return { body: Buffer.from(JSON.stringify({ items: page.map(topicView), nextCursor, hasMore })), snapshot };
}
