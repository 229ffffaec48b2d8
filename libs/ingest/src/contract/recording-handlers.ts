import type { FetchedBatch, LogConsumerHandlers, LogRecord, NextOffset, TopicPartition } from '@harvest/contracts';
import type { Offset } from '@harvest/kernel';

export type IdleAdvance = NextOffset & { readonly fetchedOffset: Offset };

/** Notes all that a consumer says, in order; answers assignments from `startAt`. */
export class RecordingHandlers implements LogConsumerHandlers {
  readonly story: string[] = [];
  readonly batches: (FetchedBatch & { readonly assignment: number })[] = [];
  readonly idleAdvances: IdleAdvance[] = [];
  readonly heartbeats: number[] = [];
  readonly assignments: (readonly TopicPartition[])[] = [];
  readonly crashes: Error[] = [];

  constructor(readonly startAt: readonly NextOffset[] = []) {}

  onAssigned(assigned: readonly TopicPartition[], assignment: number): readonly NextOffset[] {
    this.story.push(`assigned ${assignment}`);
    this.assignments.push(assigned);
    return this.startAt;
  }

  onHeartbeat(assignment: number): void {
    this.heartbeats.push(assignment);
  }

  onBatch(batch: FetchedBatch, assignment: number): void {
    this.story.push(`batch ${assignment}`);
    this.batches.push({ ...batch, assignment });
  }

  onIdleAdvance(position: IdleAdvance, assignment: number): void {
    this.story.push(`idle ${assignment}`);
    this.idleAdvances.push(position);
  }

  onRevoked(assignment: number): void {
    this.story.push(`revoked ${assignment}`);
  }

  onCrash(error: Error): void {
    this.story.push('crash');
    this.crashes.push(error);
  }

  records(partition?: number): readonly LogRecord[] {
    return this.batches.filter((batch) => partition === undefined || batch.partition === partition).flatMap((batch) => batch.records);
  }

  values(partition?: number): readonly string[] {
    return this.records(partition).map(({ value }) => value?.toString() ?? 'null');
  }

  /** The highest position reached in a partition, by batches and idle advances. */
  reached(partition: number): bigint {
    let reached = 0n;
    for (const entry of [...this.batches, ...this.idleAdvances])
      if (entry.partition === partition && entry.nextOffset > reached) reached = entry.nextOffset;
    return reached;
  }
}

/** Polls until `condition` holds. @throws Error naming `what` after `timeoutMs`. */
export async function until(what: string, condition: () => boolean | Promise<boolean>, timeoutMs = 20_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
