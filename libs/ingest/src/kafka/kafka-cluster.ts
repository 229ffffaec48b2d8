import type { Kafka } from 'kafkajs';
import type { CarrierMessage } from './fetch-response';

/** The part of kafkajs's cluster that reads one partition without a group. */
export interface KafkaCluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  refreshMetadata(): Promise<void>;
  addTargetTopic(topic: string): Promise<void>;
  findTopicPartitionMetadata(topic: string): readonly { readonly partitionId: number; readonly leader: number }[];
  findBroker(node: { nodeId: number }): Promise<{ fetch(request: FetchRequest): Promise<FetchAnswer> }>;
}

interface FetchRequest {
  readonly maxWaitTime: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly isolationLevel: number;
  readonly topics: readonly {
    readonly topic: string;
    readonly partitions: readonly { readonly partition: number; readonly fetchOffset: string; readonly maxBytes: number }[];
  }[];
}

export interface FetchAnswer {
  readonly responses: readonly {
    readonly partitions: readonly { readonly highWatermark: string; readonly messages: readonly CarrierMessage[] }[];
  }[];
}

export const READ_COMMITTED = 1;

/** kafkajs keeps its cluster behind a private symbol; without it, every reader would have to be a consumer group. */
export function createCluster(kafka: Kafka): KafkaCluster {
  const symbol = Object.getOwnPropertySymbols(kafka).find(({ description }) => description === 'private:Kafka:createCluster');
  if (symbol === undefined) throw new Error('this kafkajs has no createCluster: see DEFENDED_KAFKAJS_VERSION');
  const create = (kafka as unknown as Record<symbol, (options: object) => KafkaCluster>)[symbol];
  if (create === undefined) throw new Error('this kafkajs has no createCluster: see DEFENDED_KAFKAJS_VERSION');
  return create({ metadataMaxAge: 300_000, allowAutoTopicCreation: false, isolationLevel: READ_COMMITTED });
}
