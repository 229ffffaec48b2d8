import { eventTopics, type LogRecord, type TopicPartition } from '@harvest/contracts';
import { offsetAfter, toOffset, type Offset } from '@harvest/kernel';
import { currentDefinitions, decodeRecords, ProjectionChunk } from '@harvest/projections';
import { PARTITIONS, type Installation } from './installation';

const keyOf = ({ topic, partition }: TopicPartition) => `${topic}/${partition}`;

/** Checkpoints of all partitions at 0, claimed once. */
async function claimAll({ store, topicPrefix }: Installation) {
  const generation = await store.generations.ensureFirst(currentDefinitions());
  const places = eventTopics(topicPrefix).flatMap((topic) =>
    Array.from({ length: PARTITIONS }, (_none, partition) => ({ topic, partition })),
  );
  const fresh = places.map((place) => ({ ...place, firstOffset: toOffset(0), partitionCount: PARTITIONS }));
  await store.projections.ensureCheckpoints(generation, fresh);
  const epochs = new Map<string, bigint>();
  for (const place of places) epochs.set(keyOf(place), (await store.projections.claim(generation, place, 'bench')).epoch);
  return { generation, epochs };
}

export interface ProjectorMaterial {
  /** One chunk through decoder, projections and store. Rejects unless it was applied. */
  apply(place: TopicPartition, records: readonly LogRecord[]): Promise<void>;
}

/** The engine without its log and its scheduling. */
export async function createProjectorMaterial(installation: Installation): Promise<ProjectorMaterial> {
  const { generation, epochs } = await claimAll(installation);
  const positions = new Map<string, Offset>();
  return {
    async apply(place, records) {
      const key = keyOf(place);
      const end = offsetAfter((records.at(-1) as LogRecord).offset);
      const decoded = decodeRecords({ ...place, prefix: installation.topicPrefix }, records);
      const span = { fromOffset: positions.get(key) ?? toOffset(0), toOffset: end };
      const chunk = new ProjectionChunk(decoded, { generation, epoch: epochs.get(key) ?? 0n, ...span, onPoison: 'park' });
      const outcome = await installation.store.projections.apply(chunk);
      if (outcome.kind !== 'applied') throw new Error(`a chunk of ${key} was ${outcome.kind}`);
      positions.set(key, end);
    },
  };
}

/** What a bare client needs to find: the tables, and checkpoints under the same epochs. */
export const prepareCheckpoints = async (installation: Installation): Promise<void> => void (await claimAll(installation));
