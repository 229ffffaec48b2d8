import { eventTopics, TOPIC_FAMILIES } from '@harvest/contracts';
import type { Clock } from '@harvest/kernel';
import type { NamedQuery, SqlReader } from '@harvest/read-models';
import { covers, invalidPosition, type Position, positionOf } from './position';

/** No rows of interest: the snapshot that comes with them is the answer. */
const READ_POSITION: NamedQuery = { name: 'read-position', dependsOn: TOPIC_FAMILIES, text: () => 'SELECT 1 AS one' };

const RETRY_MS = 20;

export interface AwaitPositionOptions {
  readonly topicPrefix: string;
  readonly clock: Clock;
  readonly waitMs: number;
  readonly signal?: AbortSignal;
}

/**
 * Waits until the active generation has projected everything before `least`: true; false after `waitMs`. Asks at once, then every
 * 20 ms. Rejects with `invalid-position` when it names a topic that is not ours (it would be waited for in vain), with the reader's
 * errors, and with the signal's reason.
 */
export async function awaitPosition(reader: SqlReader, least: Position, options: AwaitPositionOptions): Promise<boolean> {
  const ours = new Set(eventTopics(options.topicPrefix));
  if (least.offsets.some(({ topic }) => !ours.has(topic))) throw invalidPosition();
  const known = [...ours].map((topic) => ({ topic, partition: -1, nextOffset: 0n }));
  const untilMs = options.clock.nowMs() + options.waitMs;
  for (;;) {
    const { snapshot } = await reader.query(READ_POSITION, []);
    const { generation, offsets } = positionOf(snapshot);
    // A topic without checkpoints yet is known to stand nowhere, not unknown.
    if (covers({ generation, offsets: [...offsets, ...known] }, least)) return true;
    const restMs = untilMs - options.clock.nowMs();
    if (restMs <= 0) return false;
    await options.clock.sleep(Math.min(RETRY_MS, restMs), options.signal);
  }
}
