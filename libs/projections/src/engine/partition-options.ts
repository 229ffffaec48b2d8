import type { LogConsumer, PartitionRange, TopicPartition } from '@harvest/contracts';
import type { Clock, FaultPoints, Offset } from '@harvest/kernel';
import type { HarvestMetrics, Logger } from '@harvest/observability';
import type { GenerationRef, OutcomeCounts, ProjectionStore } from '@harvest/read-models';
import type { ProjectorSettings } from './projector-settings';
import type { QueueBudget } from './queue-budget';
import type { UnitSlots } from './unit-slots';
import type { Turns } from './turns';

/** What every part of the engine is given. */
export interface EngineSurroundings {
  readonly settings: ProjectorSettings;
  readonly topicPrefix: string;
  readonly faults: FaultPoints;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: HarvestMetrics;
}

/** A chunk that has just been committed. */
export interface Commit extends TopicPartition {
  readonly generation: GenerationRef;
  readonly fromOffset: Offset;
  readonly nextOffset: Offset;
  /** Null when only the acknowledgement was lost, or only markers were passed. */
  readonly outcomes: OutcomeCounts | null;
}

export interface PartitionOptions {
  readonly place: TopicPartition;
  readonly generation: GenerationRef;
  readonly surroundings: EngineSurroundings;
  readonly store: ProjectionStore;
  readonly consumer: Pick<LogConsumer, 'pause' | 'resume' | 'seek'>;
  /** What the log holds of this partition; null when it holds no such partition. */
  readonly range: () => Promise<PartitionRange | null>;
  readonly budget: QueueBudget;
  readonly slots: UnitSlots;
  readonly turns: Turns;
  readonly onCommitted: (commit: Commit) => void;
}
