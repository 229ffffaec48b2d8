import type { EventLog, LogAdmin, TopicSpec } from '@harvest/contracts';
import { eventTopics, topicName } from '@harvest/contracts';
import { HarvestError } from '@harvest/kernel';

export interface TopicsRequest {
  readonly topicPrefix: string;
  readonly partitions: number;
}

export interface CreatedTopics {
  readonly created: readonly string[];
  readonly existing: readonly string[];
}

export interface TopicStanding {
  readonly topic: string;
  /** Null: it does not exist. */
  readonly spec: TopicSpec | null;
  /** Records between the start and the end offsets; null: it does not exist. */
  readonly records: bigint | null;
  /** What is wrong with it, in words. */
  readonly warnings: readonly string[];
}

const KEPT_FOR_EVER = -1;

/** All topics of an installation: the events' and the dead letters'. */
export function allTopics(topicPrefix: string): readonly string[] {
  return [...eventTopics(topicPrefix), topicName(topicPrefix, 'dead-letters')];
}

/** Creates what is missing; existing topics are left as they are. Idempotent. */
export class CreateTopicsOperation {
  constructor(private readonly log: LogAdmin) {}

  async run({ topicPrefix, partitions }: TopicsRequest): Promise<CreatedTopics> {
    const topics = allTopics(topicPrefix);
    const created = await this.log.createTopics(topics.map((topic) => ({ topic, partitions, retentionMs: KEPT_FOR_EVER })));
    return { created, existing: topics.filter((topic) => !created.includes(topic)) };
  }
}

export class ListTopicsOperation {
  constructor(private readonly log: LogAdmin) {}

  async run(topicPrefix: string): Promise<readonly TopicStanding[]> {
    const topics = allTopics(topicPrefix);
    const specs = new Map((await this.log.describeTopics(topics)).map((spec) => [spec.topic, spec]));
    const ranges = specs.size === 0 ? [] : await this.log.ranges([...specs.keys()]);
    return topics.map((topic) => {
      const spec = specs.get(topic) ?? null;
      const own = ranges.filter((range) => range.topic === topic);
      const records = spec === null ? null : own.reduce((sum, { startOffset, endOffset }) => sum + endOffset - startOffset, 0n);
      return { topic, spec, records, warnings: warningsOf(spec, topic === topicName(topicPrefix, 'dead-letters')) };
    });
  }
}

function warningsOf(spec: TopicSpec | null, isDeadLetters: boolean): readonly string[] {
  if (spec === null) return ['does not exist: harvest topics create'];
  if (isDeadLetters || spec.retentionMs === KEPT_FOR_EVER) return [];
  const days = Math.round(spec.retentionMs / 86_400_000);
  return [`forgets after ${days} days, so that a rebuild is impossible: set retention.ms to -1`];
}

/**
 * Raising a topic's partitions moves keys, so the projectors halt such a topic: which of two records of a key came later, positions
 * of two partitions do not tell. This version only refuses, with the ways out.
 */
export class RegrowTopicOperation {
  constructor(private readonly log: Pick<EventLog, 'describeTopics'>) {}

  /** @throws `topic-unknown`, `topic-missing`, `regrow-refused`. */
  async run(topicPrefix: string, topic: string): Promise<never> {
    if (!eventTopics(topicPrefix).includes(topic))
      throw new HarvestError({ code: 'topic-unknown', message: `${topic} is none of ${eventTopics(topicPrefix).join(', ')}` });
    const [spec] = await this.log.describeTopics([topic]);
    if (spec === undefined) throw new HarvestError({ code: 'topic-missing', message: `${topic} does not exist` });
    throw new HarvestError({
      code: 'regrow-refused',
      message:
        `${topic} has ${spec.partitions} partitions, and this version goes on with no topic whose number of them has changed: keys have ` +
        'moved, and positions of two partitions cannot be compared. If all its events carry `sequence`, build a new generation ' +
        '(`harvest generations start`), in which the sequence decides. Else create topics under another TOPIC_PREFIX, take an empty ' +
        'database and publish anew (docs/operations, "A topic that grew")',
    });
  }
}
