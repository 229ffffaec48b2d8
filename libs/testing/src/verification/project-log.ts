import { DEFAULT_TOPIC_PREFIX } from '@harvest/contracts';
import type { LogRecord, TopicPartition } from '@harvest/contracts';
import { toOffset } from '@harvest/kernel';
import { decodeRecords, ProjectionChunk } from '@harvest/projections';
import type { ProjectionStore } from '@harvest/read-models';
import type { SeededRandom } from '../simulation/seeded-random';
import type { MemoryLog } from './random-log';

const GENERATION = { generation: 1, schema: 'read_1' };
const MAX_CHUNK = 9;

export interface ProjectOptions {
  readonly random: SeededRandom;
  readonly generation?: { readonly generation: number; readonly schema: string };
  /** What the projector sees of a chunk: lets a test lose, repeat or exchange records. */
  readonly tamper?: (records: readonly LogRecord[], place: TopicPartition) => readonly LogRecord[];
  readonly onPoison?: 'park' | 'skip';
}

/** The engine's own chunks, cut at random and with the partitions in random order, applied to a store up to the log's end. */
export async function projectLog(log: MemoryLog, store: ProjectionStore, options: ProjectOptions): Promise<void> {
  const { random, generation = GENERATION } = options;
  const places = log.partitions.map(({ topic, partition, records }) => ({ topic, partition, records, next: 0 }));
  const partitionCount = 2;
  await store.ensureCheckpoints(
    generation,
    places.map(({ topic, partition }) => ({ topic, partition, firstOffset: toOffset(0), partitionCount })),
  );
  for (;;) {
    const open = places.filter(({ next, records }) => next < records.length);
    if (open.length === 0) return;
    const place = random.pick(open);
    const to = Math.min(place.records.length, place.next + 1 + random.below(MAX_CHUNK));
    await applyChunk({ place, to, store, options });
    place.next = to;
  }
}

interface ChunkToApply {
  readonly place: TopicPartition & { readonly records: readonly LogRecord[]; readonly next: number };
  readonly to: number;
  readonly store: ProjectionStore;
  readonly options: ProjectOptions;
}

async function applyChunk({ place, to, store, options }: ChunkToApply): Promise<void> {
  const { topic, partition, records, next } = place;
  const { generation = GENERATION, tamper = (seen: readonly LogRecord[]) => seen, onPoison = 'park' } = options;
  const { epoch } = await store.claim(generation, { topic, partition }, 'test');
  const seen = tamper(records.slice(next, to), { topic, partition });
  const decoded = decodeRecords({ topic, partition, prefix: DEFAULT_TOPIC_PREFIX }, seen);
  const chunk = new ProjectionChunk(decoded, { generation, epoch, fromOffset: toOffset(next), toOffset: toOffset(to), onPoison });
  const outcome = await store.apply(chunk);
  if (outcome.kind !== 'applied') throw new Error(`the chunk was ${outcome.kind}`);
}
