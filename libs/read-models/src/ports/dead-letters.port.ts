import type { LogRecord } from '@harvest/contracts';
import type { ChunkPlan } from './projection-store.port';

export interface DeadLetter extends LogRecord {
  readonly id: bigint;
  readonly generation: number;
  readonly topic: string;
  readonly partition: number;
  readonly kind: 'poison' | 'waiting';
  readonly code: string;
  readonly path: string;
  readonly reason: string;
  readonly projection: string;
  readonly storedMs: number;
}

export interface DeadLetterGroup {
  readonly code: string;
  readonly path: string;
  readonly topic: string;
  readonly poison: number;
  readonly waiting: number;
  readonly oldestMs: number;
  readonly newestMs: number;
  readonly exampleId: bigint;
}

export interface DeadLetterFilter {
  readonly topic?: string;
  readonly code?: string;
  readonly key?: Buffer;
  readonly ids?: readonly bigint[];
}

/** What a key's queue comes to when it is fed through today's decoder, in order: up to the first record that is still poison. */
export interface RedrivePlanner {
  plan(queue: readonly DeadLetter[], topic: string): ChunkPlan & { readonly drained: number };
}

export interface ParkedKey {
  readonly generation: number;
  readonly topic: string;
  readonly partition: number;
  readonly key: Buffer;
  readonly sinceMs: number;
  readonly waiting: number;
}

export interface DeadLetterStore {
  groups(filter: DeadLetterFilter): Promise<readonly DeadLetterGroup[]>;
  list(filter: DeadLetterFilter, limit: number): Promise<readonly DeadLetter[]>;
  get(id: bigint): Promise<DeadLetter | null>;
  /** Those for which something is queued that the filter names; the longest parked first. */
  parkedKeys(filter: DeadLetterFilter, limit: number): Promise<readonly ParkedKey[]>;
  /**
   * One key of one generation, in one transaction that holds the partition's checkpoint row, so that redrive and live batches
   * cannot pass each other. Returns how many records left the queue; the key is released when it is empty.
   */
  redriveKey(
    key: { generation: number; topic: string; partition: number; key: Buffer | null },
    planner: RedrivePlanner,
  ): Promise<{ readonly drained: number; readonly remaining: number }>;
  /**
   * Gives the poison up, in all generations: a correction *skip* at its position (obeyed by every reader of the log), the reason
   * kept. The key's waiting records stay queued until redriven.
   */
  discard(id: bigint, reason: string): Promise<void>;
  /** Dead letters not yet relayed to the dead-letter topic; marks them relayed when `relay` resolves. Returns how many. */
  relay(limit: number, relay: (letters: readonly DeadLetter[]) => Promise<void>): Promise<number>;
}

/** A correction of one position of the log, outside generations: `value` null means *skip this record*. */
export interface Correction {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly value: Buffer | null;
}
export interface CorrectionStore {
  /** All of them, sorted by topic, partition, offset; small by nature. */
  list(): Promise<readonly Correction[]>;
}
