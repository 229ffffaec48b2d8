import type { Offset } from '@harvest/kernel';
import type { TopicPartition } from '@harvest/contracts';

/** What answers are grouped by for invalidation. */
export const CACHE_SCOPES = ['discoveries', 'ingestions'] as const;
export type CacheScope = (typeof CACHE_SCOPES)[number];

export interface CacheCounter {
  readonly scope: CacheScope;
  /** Changes at a failover: values of different epochs are not comparable, the whole cache is dropped. */
  readonly epoch: string;
  readonly value: bigint;
}

/** State of the active generation as one process last saw it. */
export interface FreshnessState {
  readonly generation: number;
  readonly counters: readonly CacheCounter[];
}

export interface CounterStore {
  /** The pointer and all counters, in one snapshot. */
  read(): Promise<FreshnessState>;
  /**
   * One conditional UPDATE per scope: moves it when the checkpoints of its topics differ from those stored beside it and
   * `maxStaleMs` has passed since the last move. Any process may call it, each second. Returns the state afterwards.
   */
  moveStale(maxStaleMs: Readonly<Record<CacheScope, number>>): Promise<FreshnessState>;
  /** Moves scopes at once (operators' invalidation). */
  move(scopes: readonly CacheScope[]): Promise<FreshnessState>;
}

export type ChangeNotice =
  /**
   * `decidedMs`: Postgres's clock when the completion of an ingestion moved the counter; absent for every other move. Answers of
   * before such a move are never served as stale ones, and the time until processes serve fresh is measured from it.
   */
  | { readonly kind: 'counter'; readonly counter: CacheCounter; readonly decidedMs?: number }
  | { readonly kind: 'generation'; readonly generation: number }
  /** An `ingestion.completed` waits for its barrier, or an ingestion's row changed. */
  | { readonly kind: 'ingestion'; readonly ingestionId: string };

/** NOTIFY at commit. May lose messages when its connection breaks: `onReconnected` says when to drop what was believed. */
export interface ChangeFeed {
  subscribe(listener: {
    onNotice(notice: ChangeNotice): void;
    onReconnected(): void;
    onDisconnected(): void;
  }): Promise<() => Promise<void>>;
}

export type IngestionOutcome = 'complete' | 'complete-with-rejections' | 'incomplete';

export interface IngestionCompletion {
  readonly ingestionId: string;
  readonly outcome: IngestionOutcome;
  /** Why it is incomplete, e.g. `beyond-end`, or which parked or rejected positions it has. */
  readonly detail: unknown;
  readonly decidedMs: number;
}

/** The barrier: an ingestion is complete when every partition's checkpoint has passed its manifest. */
export interface IngestionBarrier {
  /** Completions that wait in the active generation, with what each still needs. */
  pending(): Promise<readonly { ingestionId: string; needs: readonly (TopicPartition & { nextOffset: Offset })[] }[]>;
  /**
   * A small transaction of its own, called after each commit that may have passed a barrier, and by a sweep each second. Decides
   * every pending ingestion that can be decided, moves the counters, notifies. Idempotent; safe from many processes at once.
   */
  decide(): Promise<readonly IngestionCompletion[]>;
}

/** An end of the log as the projector saw it. `askedMs` is Postgres's clock, read before asking. */
export interface EndSample extends TopicPartition {
  readonly endOffset: Offset;
}
export interface StalenessStore {
  /** Postgres's clock in ms: to be read *before* the log is asked for its ends. */
  nowMs(): Promise<number>;
  /** Keeps the samples; a partition whose checkpoint has reached a sampled end becomes *known through* that sample's time. */
  recordEnds(generation: number, askedMs: number, samples: readonly EndSample[]): Promise<void>;
}
