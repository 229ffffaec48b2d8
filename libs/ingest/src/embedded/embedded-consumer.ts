import type {
  LogConsumer,
  LogConsumerHandlers,
  LogConsumerOptions,
  LogRecord,
  NextOffset,
  PartitionRange,
  TopicPartition,
} from '@harvest/contracts';
import { backoffDelayMs, HarvestError, type Offset, toOffset, withDeadline } from '@harvest/kernel';
import type { Logger } from '@harvest/observability';
import { recordBytes } from '../append-chunks';
import { messageOf } from '../log-errors';
import type { TimedStore } from './timed-store';
import { Wakeup } from './wakeup';

const RETRY = { firstMs: 200, maxMs: 5_000 };
/** There is one member only, so there is one assignment only. */
const ASSIGNMENT = 1;

export interface EmbeddedConsumerOptions extends LogConsumerOptions {
  readonly store: TimedStore;
  readonly logger: Logger;
  readonly pollMs: number;
}

interface PartitionState extends TopicPartition {
  position: Offset;
  isPaused: boolean;
  /** Counts seeks: what was read before one is dropped. */
  seeks: number;
}

/** The one consumer of its group: every partition is its own from start to stop. */
export class EmbeddedConsumer implements LogConsumer {
  private readonly states = new Map<string, PartitionState>();
  private readonly wakeup = new Wakeup();
  private handlers: LogConsumerHandlers | null = null;
  private unsubscribe: (() => Promise<void>) | null = null;
  private running: Promise<void> = Promise.resolve();
  private isStopped = false;
  private polledMs: number | null = null;

  constructor(private readonly options: EmbeddedConsumerOptions) {}

  async start(handlers: LogConsumerHandlers): Promise<void> {
    if (this.handlers !== null) throw new HarvestError({ code: 'consumer-already-started', message: 'a log consumer starts once' });
    const partitions = await this.options.store.partitionsOf(this.options.topics);
    await this.listen();
    this.handlers = handlers;
    const assigned = [...partitions].flatMap(([topic, count]) => Array.from({ length: count }, (_, partition) => ({ topic, partition })));
    for (const partition of assigned) this.states.set(keyOf(partition), { ...partition, position: toOffset(0), isPaused: false, seeks: 0 });
    for (const position of handlers.onAssigned(assigned, ASSIGNMENT)) this.seek(position);
    this.running = this.run(handlers);
  }

  async stop(timeoutMs: number): Promise<void> {
    if (!this.isStopped && this.handlers !== null) this.handlers.onRevoked(ASSIGNMENT);
    this.isStopped = true;
    this.wakeup.wake();
    const unsubscribe = this.unsubscribe;
    this.unsubscribe = null;
    const ending = Promise.all([this.running, unsubscribe?.()]);
    await withDeadline(ending, timeoutMs, 'stopping the consumer').catch((error: unknown) =>
      this.options.logger.warn({ groupId: this.options.groupId, reason: messageOf(error) }, 'left the embedded log forcibly'),
    );
  }

  pause(partition: TopicPartition): void {
    const state = this.states.get(keyOf(partition));
    if (state !== undefined) state.isPaused = true;
  }

  resume(partition: TopicPartition): void {
    const state = this.states.get(keyOf(partition));
    if (state === undefined) return;
    state.isPaused = false;
    this.wakeup.wake();
  }

  seek(position: NextOffset): void {
    const state = this.states.get(keyOf(position));
    if (state === undefined) return;
    state.position = position.nextOffset;
    state.seeks += 1;
    this.wakeup.wake();
  }

  /** The embedded log keeps no group positions: the checkpoints are the truth, and nothing else reads them here. */
  commit(): Promise<void> {
    return Promise.resolve();
  }

  lastPollMs(): number | null {
    return this.polledMs;
  }

  /** Without notifications, polling alone still brings every record, only a little later. */
  private async listen(): Promise<void> {
    try {
      this.unsubscribe = await this.options.store.call('listening for appends', (store) => store.onAppended(() => this.wakeup.wake()));
    } catch (error) {
      this.options.logger.warn({ reason: messageOf(error) }, 'no notifications of appended records; polling only');
    }
  }

  private async run(handlers: LogConsumerHandlers): Promise<void> {
    let failures = 0;
    while (!this.isStopped) {
      try {
        const isCaughtUp = await this.poll(handlers);
        failures = 0;
        if (isCaughtUp) await this.wakeup.wait(this.options.pollMs);
      } catch (error) {
        if (error instanceof HandlerFailure) return this.crash(handlers, error.thrown);
        this.options.logger.warn(
          { groupId: this.options.groupId, reason: messageOf(error) },
          'the embedded log did not answer; trying again',
        );
        await this.wakeup.wait(backoffDelayMs(RETRY, failures));
        failures += 1;
      }
    }
  }

  /** One batch of each partition that has more. True when there is nothing left to read at once. */
  private async poll(handlers: LogConsumerHandlers): Promise<boolean> {
    const ranges = await this.options.store.call('polling', (store) => store.ranges(this.options.topics));
    if (this.isStopped) return true;
    this.polledMs = Date.now();
    tell(() => handlers.onHeartbeat(ASSIGNMENT));
    let isCaughtUp = true;
    for (const range of ranges) {
      const state = this.states.get(keyOf(range));
      if (state === undefined || state.isPaused || state.position >= range.endOffset) continue;
      isCaughtUp = false;
      await this.fetch(state, range, handlers);
    }
    return isCaughtUp;
  }

  private async fetch(state: PartitionState, range: PartitionRange, handlers: LogConsumerHandlers): Promise<void> {
    const { topic, partition, seeks } = state;
    const fetchedOffset = state.position < range.startOffset ? range.startOffset : state.position;
    const records = await this.options.store.readFrom(topic, partition, fetchedOffset);
    const last = records.at(-1);
    if (last === undefined || this.isStopped || state.isPaused || state.seeks !== seeks) return;
    const nextOffset = (last.offset + 1n) as Offset;
    const endOffset = nextOffset > range.endOffset ? nextOffset : range.endOffset;
    state.position = nextOffset;
    const batch = { topic, partition, fetchedOffset, nextOffset, endOffset, records, sizeBytes: bytesOf(topic, records) };
    tell(() => handlers.onBatch(batch, ASSIGNMENT));
  }

  private crash(handlers: LogConsumerHandlers, error: Error): void {
    this.options.logger.error({ groupId: this.options.groupId, reason: error.message }, 'a log handler threw');
    this.isStopped = true;
    handlers.onRevoked(ASSIGNMENT);
    handlers.onCrash(error);
  }
}

class HandlerFailure extends Error {
  constructor(readonly thrown: Error) {
    super(thrown.message);
  }
}

/** Tells apart a handler's bug from a log that does not answer. */
function tell(call: () => void): void {
  try {
    call();
  } catch (error) {
    throw new HandlerFailure(error as Error);
  }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}

function bytesOf(topic: string, records: readonly LogRecord[]): number {
  return records.reduce((bytes, record) => bytes + recordBytes({ ...record, topic }), 0);
}
