import type { Manifest } from '@harvest/contracts';
import type { HalfGuard, TopicPosition } from './half-guard';

/** `failed` or `completed`: whichever event came later in the order of the log. */
export type IngestionState = 'announced' | 'running' | 'completed' | 'failed';

/** What an ingestion's own events said. Whether it *is* complete is decided by the barrier, outside generations. */
export interface IngestionRow {
  readonly ingestionId: string;
  readonly state: IngestionState;
  readonly source: string | null;
  readonly expected: number | null;
  /** Records written per type as last reported, progress or completion. */
  readonly counts: Readonly<Record<string, number>> | null;
  readonly manifest: Manifest | null;
  readonly error: string | null;
  /** The log's timestamps of the winning events. */
  readonly startedMs: number | null;
  readonly progressedMs: number | null;
  readonly endedMs: number | null;
  readonly started: HalfGuard;
  readonly progressed: HalfGuard;
  readonly completed: HalfGuard;
  readonly failed: HalfGuard;
  readonly position: TopicPosition | null;
  /** Where the winning `ingestion.completed` stands: identifies one completion to the barrier. Null: none. */
  readonly completedPosition: TopicPosition | null;
}

export const INGESTION_READ_MODEL = { name: 'ingestion', version: 1 } as const;
