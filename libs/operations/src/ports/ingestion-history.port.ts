import type { IngestionOutcome } from '@harvest/read-models';

/** What the product knows of an ingestion. */
export interface IngestionStatus {
  /** As its producer's events say: `completed` whether or not the barrier has passed. */
  readonly state: 'announced' | 'running' | 'completed' | 'failed';
  /** Records written per type, as last reported by its producer; null before the first report. */
  readonly counts: Readonly<Record<string, number>> | null;
  /** Decided by the barrier; null while it waits. */
  readonly outcome: IngestionOutcome | null;
  /** Why it is incomplete or what was rejected; null when there is nothing to say. */
  readonly detail: unknown;
}

/** Reads the active generation. Rejects with `store-unreachable`, `store-timeout` (retriable). */
export interface IngestionHistory {
  /** Null: nothing of it has been projected (it may be in the log already). */
  find(ingestionId: string): Promise<IngestionStatus | null>;
}

/** For producers without a database: every run looks like the first one. */
export const noHistory: IngestionHistory = { find: () => Promise.resolve(null) };
