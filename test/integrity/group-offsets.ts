import { Kafka, logLevel } from 'kafkajs';
import { waitUntil } from './wait-until';

export interface PartitionOffset {
  readonly partition: number;
  readonly offset: string;
}

/** What a hand does to a consumer group from outside. */
export class GroupOffsets {
  private readonly kafka: Kafka;

  constructor(
    brokers: string,
    readonly groupId: string,
  ) {
    this.kafka = new Kafka({ brokers: brokers.split(','), clientId: 'a-hand', logLevel: logLevel.NOTHING });
  }

  /** Resolves when the group has no member. */
  async emptied(timeoutMs: number): Promise<void> {
    await this.withAdmin((admin) =>
      waitUntil({ what: 'the group is empty', timeoutMs, everyMs: 200 }, async () => {
        const { groups } = await admin.describeGroups([this.groupId]);
        return ['Empty', 'Dead'].includes(groups[0]?.state ?? '') ? true : null;
      }),
    );
  }

  /** Only a group without members may be set. */
  async set(topic: string, partitions: readonly PartitionOffset[]): Promise<void> {
    await this.withAdmin((admin) => admin.setOffsets({ groupId: this.groupId, topic, partitions: [...partitions] }));
  }

  async committed(topic: string): Promise<ReadonlyMap<number, bigint>> {
    const [found] = await this.withAdmin((admin) => admin.fetchOffsets({ groupId: this.groupId, topics: [topic] }));
    return new Map((found?.partitions ?? []).map(({ partition, offset }) => [partition, BigInt(offset)]));
  }

  private async withAdmin<T>(work: (admin: ReturnType<Kafka['admin']>) => Promise<T>): Promise<T> {
    const admin = this.kafka.admin();
    await admin.connect();
    try {
      return await work(admin);
    } finally {
      await admin.disconnect();
    }
  }
}
