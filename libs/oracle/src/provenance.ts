import type { TopicPartition } from '@harvest/contracts';

/** An event that had a part in a row. */
export interface EventPosition extends TopicPartition {
  readonly offset: bigint;
  readonly type: string;
}

/** As many are kept per subject; the newest tell most. */
const KEPT = 30;

export function remember(events: EventPosition[], event: EventPosition): void {
  events.push(event);
  if (events.length > KEPT) events.shift();
}
