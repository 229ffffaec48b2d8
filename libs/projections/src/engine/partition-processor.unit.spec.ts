import { encodeEvent } from '@harvest/contracts';
import type { FetchedBatch } from '@harvest/contracts';
import { HarvestError, noFaults, toOffset } from '@harvest/kernel';
import { createMetrics, silentLogger } from '@harvest/observability';
import { MemoryProjectionStore, recordAt, SimulatedClock, SimulatedFetcher, SimulatedPartition } from '@harvest/testing';
import type { StorePoint } from '@harvest/testing';
import { PartitionProcessor } from './partition-processor';
import { DEFAULT_PROJECTOR_SETTINGS } from './projector-settings';
import type { ProjectorSettings } from './projector-settings';
import { QueueBudget } from './queue-budget';
import { UnitSlots } from './unit-slots';
import { Turns } from './turns';

const place = { topic: 'signals.artifacts.v1', partition: 0 };
const generation = { generation: 1, schema: 'read_1' };
const observed = (artifactId: string, title = 'T') =>
  encodeEvent(
    { type: 'artifact.observed', id: 'e', source: 'test', payload: { artifactId, source: 's', artifactType: 'paper', title } },
    { topicPrefix: 'signals.' },
  );

async function settle(turns = 12): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

class Bench {
  readonly clock = new SimulatedClock();
  readonly log = new SimulatedPartition(place);
  readonly fetcher = new SimulatedFetcher();
  readonly metrics = createMetrics();
  readonly commits: [bigint, bigint][] = [];
  readonly turns = new Turns();
  readonly store: MemoryProjectionStore;
  fault: (point: StorePoint) => void | Promise<void> = () => undefined;
  assignment = 0;
  processor!: PartitionProcessor;

  constructor(readonly settings: Partial<ProjectorSettings> = {}) {
    this.store = new MemoryProjectionStore(async (point) => this.fault(point));
  }

  async start(offsets: readonly number[], checkpoint = 0): Promise<this> {
    for (const offset of offsets) this.log.append(recordAt(observed(`a${offset}`), offset));
    await this.store.ensureCheckpoints(generation, [{ ...place, firstOffset: toOffset(checkpoint), partitionCount: 1 }]);
    await this.createProcessor();
    this.assign();
    return this;
  }

  async createProcessor(owner = 'me'): Promise<PartitionProcessor> {
    const { clock, metrics, fetcher, store } = this;
    const settings = { ...DEFAULT_PROJECTOR_SETTINGS, ...this.settings, owner };
    const surroundings = { settings, topicPrefix: 'signals.', faults: noFaults, clock, logger: silentLogger, metrics };
    const budget = new QueueBudget(settings.totalQueueBytes);
    const slots = new UnitSlots(settings.chunksInHand);
    const onCommitted = ({ fromOffset, nextOffset }: { fromOffset: bigint; nextOffset: bigint }) =>
      this.commits.push([fromOffset, nextOffset]);
    const range = () => Promise.resolve(this.log.range());
    const [checkpoint] = await store.loadCheckpoints();
    this.processor = new PartitionProcessor(
      { place, generation, surroundings, store, consumer: fetcher, range, budget, slots, turns: this.turns, onCommitted },
      checkpoint!,
    );
    void this.processor.run();
    return this.processor;
  }

  assign(): void {
    this.assignment += 1;
    this.fetcher.position = this.processor.assign(this.assignment);
  }

  async deliver(maxRecords = 1000): Promise<void> {
    const batch = this.log.fetch(this.fetcher.position, maxRecords);
    if (batch !== null) this.push(batch);
    await settle();
  }

  push(batch: FetchedBatch): void {
    this.fetcher.position = batch.nextOffset;
    this.processor.push(batch, this.assignment);
  }

  async beat(): Promise<void> {
    this.processor.beat();
    await settle();
  }

  checkpoint(): bigint {
    return [...this.store.checkpoints.values()][0]!.nextOffset;
  }

  ids(): string[] {
    return [...this.store.discoveries.keys()];
  }
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

describe('slicing', () => {
  it('offsets missing inside a batch are compaction: passed over', async () => {
    const bench = await new Bench().start([0, 1, 5, 6]);
    bench.log.appendMarkers(2);
    await bench.deliver();
    await bench.beat();
    expect([bench.checkpoint(), bench.ids()]).toEqual([9n, ['a0', 'a1', 'a5', 'a6']]);
  });

  it('[m] checkpoint 100, group position 150, log start 0: nothing of 100–149 is lost', async () => {
    const bench = await new Bench().start(range(0, 200), 100);
    await bench.beat();
    bench.fetcher.position = toOffset(150);
    await bench.deliver();
    expect([bench.checkpoint(), bench.ids(), bench.fetcher.seeks]).toEqual([100n, [], [100n]]);
    await bench.deliver();
    expect([bench.checkpoint(), bench.ids().length]).toEqual([200n, 100]);
  });

  it('a stale fetch after the seek is dropped without another seek; a second later it is sought again', async () => {
    const bench = await new Bench().start(range(0, 200), 100);
    await bench.beat();
    const stale = bench.log.fetch(toOffset(150), 10)!;
    bench.push(stale);
    await settle();
    bench.push(stale);
    await settle();
    expect(bench.fetcher.seeks).toEqual([100n]);
    bench.clock.advance(1_001);
    bench.push(stale);
    await settle();
    expect(bench.fetcher.seeks).toEqual([100n, 100n]);
  });

  it('history lost: the log starts after the checkpoint, the partition stops and nothing is written', async () => {
    const bench = await new Bench().start(range(0, 200), 100);
    await bench.beat();
    bench.log.startOffset = toOffset(120);
    await bench.deliver();
    expect(bench.processor.status()).toMatchObject({ state: 'halted', reason: 'history-lost' });
    expect([bench.checkpoint(), bench.ids(), bench.fetcher.paused]).toEqual([100n, [], true]);
  });

  it('redelivery below the checkpoint is dropped, also from the middle of a batch', async () => {
    const bench = await new Bench().start(range(0, 10));
    await bench.beat();
    await bench.deliver(6);
    bench.push(bench.log.fetch(toOffset(0), 4)!);
    bench.push(bench.log.fetch(toOffset(2), 8)!);
    await settle();
    expect([bench.checkpoint(), bench.store.totals.projected]).toEqual([10n, 10]);
  });

  it('[m] batches of control records only: end offset 4, the checkpoint reaches it', async () => {
    const bench = await new Bench().start([0, 1]);
    await bench.beat();
    await bench.deliver();
    bench.log.appendMarkers(2);
    await bench.deliver();
    expect(bench.checkpoint()).toBe(4n);
  });

  it('markers beyond a gap do not move the checkpoint over it', async () => {
    const bench = await new Bench().start([0, 1]);
    await bench.beat();
    bench.push({ ...place, fetchedOffset: toOffset(2), nextOffset: toOffset(4), endOffset: toOffset(4), records: [], sizeBytes: 0 });
    await settle();
    expect([bench.checkpoint(), bench.fetcher.seeks]).toEqual([0n, [0n]]);
  });

  it('a large batch is cut, small ones are joined', async () => {
    const bench = await new Bench({ chunkRecords: 4 }).start(range(0, 10));
    for (const from of [0, 7, 8]) bench.push(bench.log.fetch(toOffset(from), from === 0 ? 7 : 1)!);
    await bench.beat();
    expect(bench.commits).toEqual([
      [0n, 4n],
      [4n, 8n],
      [8n, 9n],
    ]);
  });
});

describe('ownership', () => {
  it('claims only after a HEARTBEAT event of this assignment', async () => {
    const bench = await new Bench().start([0]);
    await bench.deliver();
    expect([bench.ids(), bench.processor.status().state]).toEqual([[], 'assigned']);
    await bench.beat();
    expect([bench.ids(), bench.processor.status().state]).toEqual([['a0'], 'claimed']);
    bench.assign();
    bench.log.append(recordAt(observed('b'), 1));
    await bench.deliver();
    expect(bench.ids()).toEqual(['a0']);
  });

  it('fenced: writes nothing, claims again after the next heartbeat, and nothing is lost', async () => {
    const bench = await new Bench().start(range(0, 4));
    await bench.beat();
    await bench.deliver(2);
    await bench.store.claim(generation, place, 'other');
    await bench.deliver(2);
    expect([bench.checkpoint(), bench.ids()]).toEqual([2n, ['a0', 'a1']]);
    await bench.beat();
    await bench.deliver();
    expect([bench.checkpoint(), bench.store.totals.projected]).toEqual([4n, 4]);
  });

  it('a batch of an earlier assignment is ignored', async () => {
    const bench = await new Bench().start([0]);
    bench.assign();
    bench.processor.push(bench.log.fetch(toOffset(0), 1)!, 1);
    await bench.beat();
    expect(bench.ids()).toEqual([]);
  });

  describe('while it waits for its turn', () => {
    async function waiting() {
      const bench = await new Bench().start(range(0, 3));
      let release = (): void => undefined;
      void bench.turns.take(place.partition, () => new Promise<void>((resolve) => (release = resolve)));
      await bench.deliver();
      await bench.beat();
      return { bench, release };
    }

    it('a chunk whose partition goes is not written', async () => {
      const { bench, release } = await waiting();
      bench.processor.revoke();
      release();
      await settle();
      expect([bench.checkpoint(), bench.ids()]).toEqual([0n, []]);
    });

    it('a chunk of an earlier assignment leaves the queue of the new one alone', async () => {
      const { bench, release } = await waiting();
      bench.assign();
      await bench.deliver();
      release();
      await settle();
      expect(bench.checkpoint()).toBe(0n);
      await bench.beat();
      expect([bench.checkpoint(), bench.ids(), bench.fetcher.seeks]).toEqual([3n, ['a0', 'a1', 'a2'], []]);
    });
  });

  it('the chunk in hand is finished when the processor stops', async () => {
    const bench = await new Bench().start(range(0, 3));
    let release = (): void => undefined;
    bench.fault = (point) => (point === 'before-commit' ? new Promise<void>((resolve) => (release = resolve)) : undefined);
    await bench.beat();
    await bench.deliver();
    bench.processor.stop();
    release();
    await settle();
    expect([bench.checkpoint(), bench.commits]).toEqual([3n, [[0n, 3n]]]);
  });
});

describe('a topic that is not the same', () => {
  const restarted = async (bench: Bench) => {
    await bench.beat();
    await bench.deliver();
    await bench.createProcessor('next');
    bench.assign();
    return bench;
  };

  it('the last applied record is fetched again at start; as it was: on it goes', async () => {
    const bench = await restarted(await new Bench().start(range(0, 3)));
    expect(bench.fetcher.position).toBe(2n);
    bench.log.append(recordAt(observed('b'), 3));
    await bench.deliver();
    await bench.beat();
    expect([bench.checkpoint(), bench.processor.status().reason]).toEqual([4n, null]);
  });

  it('another record in its place: deleted and made anew, the partition stops', async () => {
    const bench = await new Bench().start(range(0, 3));
    await restarted(bench);
    const made = new SimulatedPartition(place);
    for (const offset of range(0, 9)) made.append(recordAt(observed(`new${offset}`), offset));
    bench.push(made.fetch(bench.fetcher.position, 10)!);
    await bench.beat();
    expect([bench.processor.status().reason, bench.checkpoint()]).toEqual(['topic-recreated', 3n]);
  });

  it('an end before the checkpoint: the same', async () => {
    const bench = await restarted(await new Bench().start(range(0, 3)));
    bench.processor.observeRange({ ...place, startOffset: toOffset(0), endOffset: toOffset(1) }, toOffset(3));
    expect(bench.processor.status().reason).toBe('topic-recreated');
  });
});

describe('faults', () => {
  const transient = new HarvestError({ code: 'store-unreachable', message: 'gone', retriable: true });

  it('transient: tried again with the chunk in hand', async () => {
    const bench = await new Bench().start(range(0, 3));
    let failures = 3;
    bench.fault = (point) => {
      if (point === 'before-commit' && failures-- > 0) throw transient;
    };
    await bench.beat();
    await bench.deliver();
    for (let turn = 0; turn < 4; turn += 1) {
      bench.clock.advance(2_000);
      await settle();
    }
    expect([bench.checkpoint(), bench.fetcher.seeks, bench.store.deadLetters.size]).toEqual([3n, [], 0]);
  });

  it('transient and lasting: the partition pauses, seeks back and goes on; nothing is dead-lettered', async () => {
    const bench = await new Bench({ writeAttempts: 2 }).start(range(0, 3));
    let broken = true;
    bench.fault = () => {
      if (broken) throw transient;
    };
    await bench.beat();
    await bench.deliver();
    bench.clock.advance(60_000);
    await settle();
    expect([bench.processor.status().state, bench.fetcher.paused, bench.checkpoint()]).toEqual(['paused', true, 0n]);
    broken = false;
    bench.clock.advance(60_000);
    await settle();
    expect([bench.processor.status().state, bench.fetcher.paused, bench.fetcher.seeks]).toEqual(['claimed', false, [0n]]);
    await bench.deliver();
    expect([bench.checkpoint(), bench.store.deadLetters.size]).toEqual([3n, 0]);
  });

  it('a data error is isolated by bisecting: that record alone is a dead letter, its key waits, others go on', async () => {
    const bench = await new Bench().start(range(0, 9));
    bench.log.append(recordAt(observed('a4', 'later'), 9));
    const apply = bench.store.apply.bind(bench.store);
    bench.store.apply = (chunk) => {
      const ids = chunk.plan(new Set(), new Set()).artifacts?.ids ?? [];
      const spoilt = ids.includes('a4') && chunk.fromOffset <= 4n && chunk.toOffset > 4n;
      return spoilt ? Promise.reject(new HarvestError({ code: 'store-data-error', message: 'bad bytes' })) : apply(chunk);
    };
    await bench.beat();
    await bench.deliver();
    expect(bench.checkpoint()).toBe(10n);
    expect(bench.ids()).toEqual(['a0', 'a1', 'a2', 'a3', 'a5', 'a6', 'a7', 'a8']);
    expect([...bench.store.deadLetters.values()].map(({ offset, kind, code, projection }) => [offset, kind, code, projection])).toEqual([
      [4n, 'poison', 'store-data-error', 'discovery'],
      [9n, 'waiting', 'key-parked', 'discovery'],
    ]);
  });

  it('any other error stops the partition', async () => {
    const bench = await new Bench().start([0]);
    bench.fault = () => {
      throw new HarvestError({ code: 'store-corrupt', message: 'what?' });
    };
    await bench.beat();
    await bench.deliver();
    expect(bench.processor.status()).toMatchObject({ state: 'halted', reason: 'store-corrupt' });
  });
});

describe('bounds', () => {
  it('too many parked keys stop the partition, until they are redriven', async () => {
    const bench = await new Bench({ parkedKeyLimit: 2 }).start([]);
    for (const offset of [0, 1]) bench.log.append({ ...recordAt(observed(`a${offset}`), offset), value: Buffer.from('{') });
    await bench.beat();
    await bench.deliver();
    expect(bench.processor.status()).toMatchObject({ state: 'halted', reason: 'parked-keys-limit', parkedKeys: 2 });
    bench.log.append(recordAt(observed('b'), 2));
    bench.store.checkpoints.forEach((checkpoint) => (checkpoint.parkedKeys = 0));
    bench.store.parked.clear();
    bench.processor.learn((await bench.store.loadCheckpoints())[0]!);
    await bench.beat();
    await bench.deliver();
    expect([bench.checkpoint(), bench.ids()]).toEqual([3n, ['b']]);
  });

  it('a full queue pauses fetching and goes on below half of its bound', async () => {
    const bench = await new Bench({ queueBytes: 300 }).start(range(0, 20));
    bench.push(bench.log.fetch(toOffset(0), 2)!);
    expect(bench.fetcher.paused).toBe(false);
    bench.push(bench.log.fetch(toOffset(2), 10)!);
    expect(bench.fetcher.paused).toBe(true);
    await bench.beat();
    expect([bench.fetcher.paused, bench.checkpoint()]).toEqual([false, 12n]);
  });

  it('the bound over all partitions pauses each, and tells when there is room', () => {
    const budget = new QueueBudget(100);
    let told = 0;
    const tell = () => (told += 1);
    budget.add(120);
    expect(budget.isFull()).toBe(true);
    budget.onRoom(tell);
    budget.release(10);
    expect(told).toBe(0);
    budget.release(50);
    expect([told, budget.usedBytes()]).toEqual([1, 60]);
    budget.release(10);
    expect(told).toBe(1);
  });
});
