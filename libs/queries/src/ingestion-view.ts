import type { Manifest } from '@harvest/contracts';
import type { IngestionOutcome, IngestionState, Snapshot } from '@harvest/read-models';

/** What readers are told. `pending`: completed by its producer, the barrier not decided yet; `complete`, `incomplete` and `complete-with-rejections` only once the barrier has been decided. */
export type IngestionViewState = 'announced' | 'running' | 'pending' | 'failed' | IngestionOutcome;

export interface IngestionRecord {
  readonly ingestion_id: string;
  readonly state: IngestionState;
  readonly source: string | null;
  readonly expected: string | null;
  readonly counts: string | null;
  readonly manifest: string | null;
  readonly error: string | null;
  readonly started_ms: string | null;
  readonly progressed_ms: string | null;
  readonly ended_ms: string | null;
  readonly outcome: IngestionOutcome | null;
  readonly detail: string | null;
  readonly decided_ms: string | null;
}

export const INGESTION_COLUMNS = `i.ingestion_id, i.state, i.source, i.expected, i.counts, i.manifest, i.error,
  i.started_ms, i.progressed_ms, i.ended_ms, o.outcome, o.detail, o.decided_ms`;

/** The outcome of this very completion: a later one is decided anew. */
export function ingestionsWithOutcome(schema: string): string {
  return `${schema}.ingestion AS i LEFT JOIN harvest.ingestion_outcome AS o ON o.ingestion_id = i.ingestion_id
    AND o.completed_partition = i.completed_partition AND o.completed_offset = i.completed_offset`;
}

/** One partition that a manifest names, against the checkpoint in the answer's own snapshot. */
export interface PartitionProgress {
  readonly topic: string;
  readonly partition: number;
  /** The last offset that the producer wrote there. */
  readonly lastOffset: number;
  readonly nextOffset: number | null;
  readonly passed: boolean;
}

/** A member that is not known is left out (JSON leaves out what is undefined). */
export function ingestionView(row: IngestionRecord) {
  return {
    ingestionId: row.ingestion_id,
    state: viewState(row),
    source: row.source ?? undefined,
    expected: row.expected === null ? undefined : Number(row.expected),
    counts: parsed(row.counts),
    startedAt: isoTime(row.started_ms),
    progressedAt: isoTime(row.progressed_ms),
    endedAt: isoTime(row.ended_ms),
    decidedAt: isoTime(row.decided_ms),
    error: row.state === 'failed' ? (row.error ?? undefined) : undefined,
    detail: parsed(row.detail),
  };
}

export function ingestionDetailView(row: IngestionRecord, positions: Snapshot['positions']) {
  const manifest = parsed(row.manifest) as Manifest | undefined;
  if (!manifest) return ingestionView(row);
  const partitions = progressOf(manifest, positions);
  const passed = partitions.filter((one) => one.passed).length;
  return { ...ingestionView(row), manifest, progress: { passed, of: partitions.length, partitions } };
}

function progressOf(manifest: Manifest, positions: Snapshot['positions']): readonly PartitionProgress[] {
  const reached = new Map(positions.map(({ topic, partition, nextOffset }) => [`${topic} ${partition}`, nextOffset]));
  return Object.entries(manifest).flatMap(([topic, offsets]) =>
    Object.entries(offsets).map(([partition, lastOffset]) => {
      const nextOffset = reached.get(`${topic} ${Number(partition)}`);
      const passed = nextOffset !== undefined && nextOffset > BigInt(lastOffset);
      return { topic, partition: Number(partition), lastOffset, nextOffset: nextOffset === undefined ? null : Number(nextOffset), passed };
    }),
  );
}

function viewState({ state, outcome }: IngestionRecord): IngestionViewState {
  return state === 'completed' ? (outcome ?? 'pending') : state;
}

function parsed(text: string | null): unknown {
  return text === null || text === '' ? undefined : JSON.parse(text);
}

function isoTime(ms: string | null): string | undefined {
  return ms === null ? undefined : new Date(Number(ms)).toISOString();
}
