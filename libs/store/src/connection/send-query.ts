import type { ClientBase, QueryArrayConfig, QueryConfig, QueryResult } from 'pg';

type Query = QueryConfig<unknown[]> | QueryArrayConfig<unknown[]>;
type Answer = (error: Error | null, result: QueryResult<unknown[]>) => void;

/** What pg calls its own; `classifyError` knows it. */
const TIMED_OUT = 'Query read timeout';

/**
 * `client.query` with its answer as a promise. Rejects with what pg rejects with, and without an answer within `timeoutMs`; the
 * connection is then of no more use, and the caller closes it.
 *
 * Neither pg's own promise nor its `query_timeout`, for what they cost. Both assign a function literal to a property of the query, and
 * V8 makes such closures in the old generation, taking them for methods. From there each keeps the answer, and what was sent, alive past
 * its time: measured, everything a connection brought was promoted, and a full collection ran after every hundred lists.
 */
export function sendQuery(client: ClientBase, query: Query, timeoutMs?: number): Promise<QueryResult<unknown[]>> {
  return new Promise((resolve, reject) => {
    const timer = timeoutMs === undefined ? undefined : setTimeout(() => reject(new Error(TIMED_OUT)), timeoutMs);
    const answer: Answer = (error, result) => {
      clearTimeout(timer);
      if (error) reject(error);
      else resolve(result);
    };
    (client.query as (config: Query, answer: Answer) => void).call(client, query, answer);
  });
}
