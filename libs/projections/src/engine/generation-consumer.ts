import { eventTopics } from '@harvest/contracts';
import type {
  EventLog,
  FetchedBatch,
  LogConsumer,
  LogConsumerHandlers,
  NextOffset,
  PartitionRange,
  TopicPartition,
} from '@harvest/contracts';
import { toOffset } from '@harvest/kernel';
import type { Offset } from '@harvest/kernel';
import type { Checkpoint, Generation, ProjectionStore } from '@harvest/read-models';
import type { Commit, EngineSurroundings } from './partition-options';
import { PartitionProcessor } from './partition-processor';
import type { PartitionStatus } from './projector-status';
import type { QueueBudget } from './queue-budget';
import type { UnitSlots } from './unit-slots';
import { Turns } from './turns';

export interface GenerationConsumerOptions {
  readonly generation: Generation;
  readonly groupId: string;
  readonly surroundings: EngineSurroundings;
  readonly log: EventLog;
  readonly store: ProjectionStore;
  readonly budget: QueueBudget;
  readonly slots: UnitSlots;
  readonly onCommitted: (commit: Commit) => void;
  readonly onCrash: (error: Error) => void;
}

/** One generation's place in the log: a group of its own, a processor per partition, nothing shared with other generations but time. */
export class GenerationConsumer {
  readonly generation: Generation;
  private readonly turns = new Turns();
  private readonly consumer: LogConsumer;
  private readonly processors = new Map<string, PartitionProcessor>();
  private running: Promise<unknown> = Promise.resolve();
  private assigned: readonly PartitionProcessor[] = [];

  constructor(private readonly options: GenerationConsumerOptions) {
    this.generation = options.generation;
    this.consumer = options.log.createConsumer({
      groupId: options.groupId,
      topics: eventTopics(options.surroundings.topicPrefix),
      sessionTimeoutMs: options.surroundings.settings.sessionTimeoutMs,
    });
  }

  /** Checkpoints for all partitions, then consuming. Rejects with the log's and the store's errors; `stop` afterwards all the same. */
  async start(): Promise<void> {
    const { log, store, surroundings } = this.options;
    const ranges = await log.ranges(eventTopics(surroundings.topicPrefix));
    const grown = await this.ensureCheckpoints(ranges);
    for (const checkpoint of await store.loadCheckpoints(this.generation)) this.addProcessor(checkpoint);
    this.haltTopics(grown);
    this.running = Promise.all([...this.processors.values()].map((processor) => processor.run()));
    await this.consumer.start(this.handlers());
  }

  /** Finishes the chunks in hand, then leaves the group; ends within `deadlineMs`. Idempotent. */
  async stop(deadlineMs: number): Promise<void> {
    for (const processor of this.processors.values()) processor.stop();
    const { clock } = this.options.surroundings;
    const endMs = clock.nowMs() + deadlineMs;
    const expiry = new AbortController();
    await Promise.race([this.running, clock.sleep(deadlineMs * 0.7, expiry.signal).catch(() => undefined)]);
    expiry.abort(new Error('stopped'));
    await this.consumer.stop(Math.max(500, endMs - clock.nowMs()));
  }

  /** Looks up what others have committed. */
  async refresh(): Promise<void> {
    for (const checkpoint of await this.options.store.loadCheckpoints(this.generation))
      this.processors.get(keyOf(checkpoint))?.learn(checkpoint);
  }

  positions(): ReadonlyMap<string, Offset> {
    return new Map([...this.processors].map(([key, processor]) => [key, processor.position()]));
  }

  /** `positions`: as they were before the ranges were asked for. */
  observeRanges(ranges: readonly PartitionRange[], positions: ReadonlyMap<string, Offset>): void {
    const grown = new Set<string>();
    for (const range of ranges) {
      const processor = this.processors.get(keyOf(range));
      const position = positions.get(keyOf(range));
      if (processor === undefined || position === undefined) grown.add(range.topic);
      else processor.observeRange(range, position);
    }
    this.haltTopics(grown);
  }

  lastPollMs(): number | null {
    return this.consumer.lastPollMs();
  }

  status(): readonly PartitionStatus[] {
    return [...this.processors.values()].map((processor) => processor.status());
  }

  /** Returns the topics whose number of partitions is not what it was: keys have moved between them. */
  private async ensureCheckpoints(ranges: readonly PartitionRange[]): Promise<ReadonlySet<string>> {
    const { store } = this.options;
    const counts = new Map<string, number>();
    for (const { topic } of ranges) counts.set(topic, (counts.get(topic) ?? 0) + 1);
    const kept = await store.loadCheckpoints(this.generation);
    const grown = new Set(kept.filter(({ topic, partitionCount }) => partitionCount !== counts.get(topic)).map(({ topic }) => topic));
    await store.ensureCheckpoints(
      this.generation,
      ranges
        .filter(({ topic }) => !grown.has(topic))
        .map(({ topic, partition, startOffset }) => ({
          topic,
          partition,
          firstOffset: startOffset,
          partitionCount: counts.get(topic) ?? 0,
        })),
    );
    return grown;
  }

  private addProcessor(checkpoint: Checkpoint): void {
    const { topic, partition } = checkpoint;
    const { surroundings, store, budget, slots, log, onCommitted } = this.options;
    const processor = new PartitionProcessor(
      {
        place: { topic, partition },
        generation: this.generation,
        surroundings,
        store,
        consumer: this.consumer,
        range: async () => (await log.ranges([topic])).find((range) => range.partition === partition) ?? null,
        budget,
        slots,
        turns: this.turns,
        onCommitted: (commit) => {
          void this.consumer.commit([commit]);
          onCommitted(commit);
        },
      },
      checkpoint,
    );
    this.processors.set(keyOf(checkpoint), processor);
  }

  private haltTopics(topics: ReadonlySet<string>): void {
    if (topics.size === 0) return;
    for (const processor of this.processors.values()) if (topics.has(processor.place.topic)) processor.halt('topic-grew');
  }

  private handlers(): LogConsumerHandlers {
    return {
      onAssigned: (assigned, assignment) => this.assign(assigned, assignment),
      onHeartbeat: () => this.assigned.forEach((processor) => processor.beat()),
      onBatch: (batch, assignment) => this.processors.get(keyOf(batch))?.push(batch, assignment),
      onIdleAdvance: (position, assignment) => this.processors.get(keyOf(position))?.push(emptyBatch(position), assignment),
      onRevoked: () => this.revoke(),
      onCrash: this.options.onCrash,
    };
  }

  private assign(places: readonly TopicPartition[], assignment: number): readonly NextOffset[] {
    this.revoke();
    const known = places.flatMap((place) => this.processors.get(keyOf(place)) ?? []);
    this.assigned = known;
    for (const place of places) if (!this.processors.has(keyOf(place))) this.consumer.pause(place);
    return known.map((processor) => ({ ...processor.place, nextOffset: processor.assign(assignment) }));
  }

  private revoke(): void {
    for (const processor of this.assigned) processor.revoke();
    this.assigned = [];
  }
}

const keyOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;

/** Only markers were passed: a batch without records, queued like any other. */
function emptyBatch(position: NextOffset & { readonly fetchedOffset: Offset }): FetchedBatch {
  return { ...position, endOffset: toOffset(position.nextOffset), records: [], sizeBytes: 0 };
}
