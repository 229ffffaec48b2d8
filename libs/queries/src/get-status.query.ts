import type { StatusView } from '@harvest/contracts';
import { TOPIC_FAMILIES } from '@harvest/contracts';
import type { NamedQuery, Snapshot, SqlReader } from '@harvest/read-models';
import { ingestionsWithOutcome } from './ingestion-view';
import type { Answered } from './list-discoveries.query';
import { encodePosition, positionOf } from './position';

/** Sources are free text: the rest is in the sums only. */
const MAX_KINDS = 100;
/** Their states are counted one by one: a bound keeps the cost independent of how many there ever were. */
const LATEST_INGESTIONS = 200;

interface StatusRow {
  readonly now_ms: string;
  readonly artifacts: string;
  readonly discoveries: string;
  readonly kinds: string;
  readonly running: string;
  readonly complete: string;
  readonly incomplete: string;
}

/** Depends on every topic: its position and staleness are those of the whole. */
const GET_STATUS: NamedQuery = {
  name: 'get-status',
  dependsOn: TOPIC_FAMILIES,
  text: (schema) => `SELECT (extract(epoch FROM clock_timestamp()) * 1000)::int8 AS now_ms,
      c.artifacts, c.discoveries, c.kinds, s.running, s.complete, s.incomplete
    FROM (${countsText(schema)}) AS c CROSS JOIN (${statesText(schema)}) AS s`,
};

function countsText(schema: string): string {
  const kind = `json_build_object('source', k.source, 'artifactType', k.artifact_type, 'artifacts', k.artifacts, 'discoveries', k.discoveries)`;
  return `SELECT coalesce(sum(k.artifacts), 0) AS artifacts, coalesce(sum(k.discoveries), 0) AS discoveries,
      coalesce(json_agg(${kind} ORDER BY k.ordinal) FILTER (WHERE k.ordinal <= ${MAX_KINDS}), '[]')::text AS kinds
    FROM (SELECT n.source, n.artifact_type, n.artifacts, n.discoveries,
        row_number() OVER (ORDER BY n.artifacts DESC, n.source, n.artifact_type) AS ordinal
      FROM ${schema}.count_by_kind AS n WHERE n.artifacts > 0) AS k`;
}

/** The states of `ingestionView`, in three groups. */
function statesText(schema: string): string {
  const isDecided = `i.state = 'completed' AND i.outcome`;
  return `SELECT count(*) FILTER (WHERE i.state IN ('announced', 'running') OR ${isDecided} IS NULL) AS running,
      count(*) FILTER (WHERE ${isDecided} IN ('complete', 'complete-with-rejections')) AS complete,
      count(*) FILTER (WHERE i.state = 'failed' OR ${isDecided} = 'incomplete') AS incomplete
    FROM (SELECT i.state, o.outcome FROM ${ingestionsWithOutcome(schema)}
      ORDER BY i.started_ms DESC NULLS LAST, i.ingestion_id DESC LIMIT ${LATEST_INGESTIONS}) AS i`;
}

/** `GET /v1/status`. Costs the same however many artifacts there are. Rejects with the reader's errors. */
export async function getStatus(reader: SqlReader): Promise<Answered> {
  const { rows, snapshot } = await reader.query(GET_STATUS, []);
  return { body: Buffer.from(JSON.stringify(statusView(rows[0] as unknown as StatusRow, snapshot))), snapshot };
}

function statusView(row: StatusRow, snapshot: Snapshot): StatusView {
  return {
    artifacts: Number(row.artifacts),
    discoveries: Number(row.discoveries),
    kinds: JSON.parse(row.kinds) as StatusView['kinds'],
    ...(snapshot.stalenessMs === null ? {} : { stalenessMs: Math.round(snapshot.stalenessMs) }),
    position: encodePosition(positionOf(snapshot)),
    ingestions: { running: Number(row.running), complete: Number(row.complete), incomplete: Number(row.incomplete) },
    at: new Date(Number(row.now_ms)).toISOString(),
  };
}
