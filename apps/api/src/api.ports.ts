import type { AppendedRecord, LogAppender } from '@harvest/contracts';
import type { HarvestMetrics, HealthRegistry, Logger } from '@harvest/observability';
import { encodePosition } from '@harvest/queries';
import type { Queries } from '@harvest/queries';
import type { AnswerCache, ChangeFeed } from '@harvest/read-models';

/** What the API stands on. Whoever composes it brings these, in one process or in several, and closes them. */
export interface ApiPorts {
  readonly log: LogAppender;
  readonly topicPrefix: string;
  readonly queries: Queries;
  readonly cache: AnswerCache;
  readonly changes: ChangeFeed;
  readonly health: HealthRegistry;
  readonly metrics: HarvestMetrics;
  readonly logger: Logger;
}

export const API_PORTS = Symbol('ApiPorts');

/** An opaque `minPosition` that is reached when all of these records are; null for none. */
export function receiptPosition(appended: readonly AppendedRecord[]): string | null {
  if (appended.length === 0) return null;
  const highest = new Map<string, AppendedRecord>();
  for (const record of appended) {
    const key = `${record.topic} ${record.partition}`;
    if ((highest.get(key)?.offset ?? -1n) < record.offset) highest.set(key, record);
  }
  const offsets = [...highest.values()].map(({ topic, partition, offset }) => ({ topic, partition, nextOffset: offset + 1n }));
  return encodePosition({ generation: null, offsets });
}
