import { topicName, type TopicFamily } from '@harvest/contracts';
import type { CacheScope, Snapshot } from '@harvest/read-models';
import { DATABASE_EPOCH, NOW_MS } from '../freshness/counters';
import { KNOWN_THROUGH } from '../freshness/samples';

export interface SnapshotScope {
  readonly topicPrefix: string;
  readonly dependsOn: readonly TopicFamily[];
}

/**
 * Wraps a query so that what is true of its snapshot comes with its rows: in one statement, hence one snapshot; on the first row
 * only; and on a row without data when there are none. The first column is the snapshot, the second the row's number.
 */
export function withSnapshot(text: string, scope: SnapshotScope): string {
  return `SELECT CASE WHEN q.row_at IS NULL OR q.row_at = 1 THEN snapshot.facts END, q.*
    FROM (${snapshotFacts(scope)}) AS snapshot
    LEFT JOIN (SELECT row_number() OVER () AS row_at, inner_query.* FROM (${text}) AS inner_query) AS q ON true
    ORDER BY q.row_at`;
}

/** One row of text: `generation|epoch|scope=value,…|now|known-through or empty|topic:partition:next,…` */
function snapshotFacts({ topicPrefix, dependsOn }: SnapshotScope): string {
  const topics = dependsOn.map((family) => literal(topicName(topicPrefix, family))).join(', ');
  return `SELECT concat_ws('|', p.generation, ${DATABASE_EPOCH},
      (SELECT string_agg(c.scope || '=' || c.value, ',') FROM harvest.cache_counter AS c), ${NOW_MS}, at.known, at.positions) AS facts
    FROM harvest.generation_pointer AS p CROSS JOIN harvest.installation AS i CROSS JOIN LATERAL (
      SELECT CASE WHEN count(*) = count(${KNOWN_THROUGH}) THEN coalesce(min(${KNOWN_THROUGH})::text, '') ELSE '' END AS known,
        coalesce(string_agg(k.topic || ':' || k.partition || ':' || k.next_offset, ',' ORDER BY k.topic, k.partition), '') AS positions
      FROM harvest.checkpoint AS k
      LEFT JOIN harvest.log_sample AS s ON s.generation = k.generation AND s.topic = k.topic AND s.partition = k.partition
      WHERE k.generation = p.generation AND k.topic IN (${topics || "''"})) AS at`;
}

export function parseSnapshot(facts: string): Snapshot {
  const [generation, epoch, counters, now, known, positions] = facts.split('|') as [string, string, string, string, string, string];
  return {
    freshness: { generation: Number(generation), counters: words(counters).map((word) => counterOf(word, epoch)) },
    positions: words(positions).map(positionOf),
    stalenessMs: known === '' ? null : Math.max(0, Number(now) - Number(known)),
  };
}

function words(list: string): readonly string[] {
  return list === '' ? [] : list.split(',');
}

function counterOf(word: string, epoch: string) {
  const [scope, value] = word.split('=') as [CacheScope, string];
  return { scope, epoch, value: BigInt(value) };
}

function positionOf(word: string) {
  const [topic, partition, nextOffset] = word.split(':') as [string, string, string];
  return { topic, partition: Number(partition), nextOffset: BigInt(nextOffset) };
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
