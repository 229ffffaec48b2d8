import fc from 'fast-check';
import { encodeEvent, encodeTombstone, topicName } from '@harvest/contracts';
import type { EventType, PayloadOf, RecordToAppend, TopicFamily } from '@harvest/contracts';
import { HarvestError, noFaults, toOffset } from '@harvest/kernel';
import { createMetrics, silentLogger } from '@harvest/observability';
import { MemoryProjectionStore, recordAt, SeededRandom, SimulatedClock, SimulatedFetcher, SimulatedPartition } from '@harvest/testing';
import { PartitionProcessor } from './partition-processor';
import { DEFAULT_PROJECTOR_SETTINGS } from './projector-settings';
import { QueueBudget } from './queue-budget';
import { UnitSlots } from './unit-slots';
import { Turns } from './turns';
import { foldStraight, tablesOf } from './straight-fold';

/**
 * The engine's core with injected clock, log and store, under random schedules: batches cut and joined, redelivered, fetched from
 * elsewhere, partitions that change hands while their old owner goes on, crashes, transient faults before and after the commit.
 */
const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 80);
const prefix = 'signals.';
const generation = { generation: 1, schema: 'read_1' };
const FAMILIES = ['artifacts', 'artifacts', 'scores', 'scores', 'ingestions'] as const;
const metrics = createMetrics();

const event = <T extends EventType>(type: T, payload: PayloadOf<T>, sequence: bigint | undefined): RecordToAppend =>
  encodeEvent({ type, payload, id: 'e', source: 'test', sequence }, { topicPrefix: prefix });

function randomRecord(random: SeededRandom, family: TopicFamily, partition: number): RecordToAppend {
  const id = `${'abcde'[random.below(5)]}${partition}`;
  const sequence = random.chance(0.3) ? BigInt(random.below(6)) : undefined;
  const record = wellFormed(random, family, { id, sequence });
  return random.chance(0.02) ? { ...record, value: Buffer.from('{"') } : record;
}

function wellFormed(random: SeededRandom, family: TopicFamily, at: { id: string; sequence: bigint | undefined }): RecordToAppend {
  const { id: artifactId, sequence } = at;
  if (family === 'scores') return event('score.computed', { artifactId, discoveryScore: random.below(4) * 20 }, sequence);
  if (family === 'ingestions') {
    if (random.chance(0.5)) return event('ingestion.progressed', { ingestionId: artifactId, counts: { n: random.below(9) } }, sequence);
    return event('ingestion.completed', { ingestionId: artifactId, source: 's' }, sequence);
  }
  const dice = random.next();
  if (dice < 0.1) return encodeTombstone(artifactId, { topicPrefix: prefix });
  if (dice < 0.2) return event('artifact.retracted', { artifactId }, sequence);
  if (dice < 0.4) return event('artifact.classified', { artifactId, category: random.pick(['x', 'y', null]) }, sequence);
  const payload = { artifactId, source: random.pick(['s', 't']), artifactType: 'paper' as const, title: random.pick(['T', 'U']) };
  const optional = random.chance(0.5) ? { publishedAt: random.pick(['2019', '2020-02', null]), text: random.pick(['x', null]) } : {};
  return event('artifact.observed', { ...payload, ...optional }, sequence);
}

function randomLog(random: SeededRandom): SimulatedPartition[] {
  return FAMILIES.map((family, index) => {
    const log = new SimulatedPartition({ topic: topicName(prefix, family), partition: index % 2 });
    let offset = 0;
    for (let count = 5 + random.below(40); count > 0; count -= 1) {
      if (random.chance(0.1)) offset += random.below(3);
      log.append(recordAt(randomRecord(random, family, index % 2), offset));
      offset += 1;
    }
    if (random.chance(0.5)) log.appendMarkers(1 + random.below(3));
    return log;
  });
}

/** One partition in one process: a processor with its fetcher. A crashed one is simply left alone. */
interface Place {
  readonly log: SimulatedPartition;
  readonly fetcher: SimulatedFetcher;
  readonly processor: PartitionProcessor;
  assignment: number;
}

class World {
  readonly clock = new SimulatedClock();
  readonly logs: readonly SimulatedPartition[];
  readonly store: MemoryProjectionStore;
  private places: Place[] = [];
  private readonly slots = new UnitSlots(2);
  private calm = false;
  private assignments = 0;

  constructor(private readonly random: SeededRandom) {
    this.logs = randomLog(random);
    this.store = new MemoryProjectionStore(async (point) => {
      for (let turns = this.calm ? 0 : this.random.below(4); turns > 0; turns -= 1) await turn();
      if (this.calm || !this.random.chance(0.05)) return;
      throw new HarvestError({ code: 'store-timeout', message: `lost at ${point}`, retriable: true });
    });
  }

  async run(steps: number): Promise<void> {
    for (const log of this.logs)
      await this.store.ensureCheckpoints(generation, [{ ...log.place, firstOffset: toOffset(0), partitionCount: 2 }]);
    for (const log of this.logs) await this.open(log);
    for (let step = 0; step < steps; step += 1) await this.step();
    await this.finish();
  }

  stop(): void {
    for (const { processor } of this.places) processor.stop();
  }

  private async step(): Promise<void> {
    const place = this.random.pick(this.places);
    const actions: readonly [number, () => void | Promise<void>][] = [
      [0.5, () => this.deliver(place)],
      [0.7, () => place.processor.beat()],
      [0.75, () => void (place.fetcher.position = this.someOffset(place.log))],
      [0.8, () => this.assign(place)],
      [0.83, () => place.processor.revoke()],
      [0.87, () => this.open(place.log)],
      [0.9, () => this.refresh()],
      [1, () => this.clock.advance(this.random.below(1_500))],
    ];
    const dice = this.random.next();
    await actions.find(([below]) => dice < below)?.[1]();
    for (let turns = this.random.below(3); turns > 0; turns -= 1) await turn();
  }

  /** A process more for the partition; whether the old one is told, or goes on as a zombie, or is dead, is chance. */
  private async open(log: SimulatedPartition): Promise<void> {
    for (const place of this.places.filter((other) => other.log === log)) {
      if (this.random.chance(0.4)) place.processor.revoke();
      if (this.random.chance(0.3)) this.places = this.places.filter((other) => other !== place);
    }
    const checkpoint = (await this.store.loadCheckpoints()).find(
      ({ topic, partition }) => topic === log.place.topic && partition === log.place.partition,
    );
    const owner = `o${(this.assignments += 1)}`;
    const settings = { ...DEFAULT_PROJECTOR_SETTINGS, owner, chunkRecords: 1 + this.random.below(8), queueBytes: 600, writeAttempts: 2 };
    const surroundings = { settings, topicPrefix: prefix, faults: noFaults, clock: this.clock, logger: silentLogger, metrics };
    const fetcher = new SimulatedFetcher();
    const ports = {
      store: this.store,
      consumer: fetcher,
      range: () => Promise.resolve(log.range()),
      budget: new QueueBudget(1_000_000),
      slots: this.slots,
      turns: new Turns(),
    };
    const processor = new PartitionProcessor(
      { place: log.place, generation, surroundings, ...ports, onCommitted: () => undefined },
      checkpoint!,
    );
    void processor.run();
    const place = { log, fetcher, processor, assignment: 0 };
    this.places.push(place);
    this.assign(place);
  }

  private assign(place: Place): void {
    place.assignment = this.assignments += 1;
    place.fetcher.paused = false;
    const sought = place.processor.assign(place.assignment);
    // Now and then the client starts where the group's committed offset stands, whatever it was told.
    place.fetcher.position = this.calm || this.random.chance(0.8) ? sought : this.someOffset(place.log);
  }

  private deliver(place: Place): void {
    if (place.fetcher.paused) return;
    const batch = place.log.fetch(place.fetcher.position, 1 + this.random.below(12));
    if (batch === null) return;
    place.fetcher.position = batch.nextOffset;
    place.processor.push(batch, place.assignment);
  }

  private someOffset(log: SimulatedPartition) {
    return toOffset(BigInt(this.random.below(Number(log.endOffset) + 1)));
  }

  private async refresh(): Promise<void> {
    for (const checkpoint of await this.store.loadCheckpoints())
      for (const { log, processor } of this.places)
        if (log.place.topic === checkpoint.topic && log.place.partition === checkpoint.partition) processor.learn(checkpoint);
  }

  /** Faults end; of each partition the newest process stays, and has to come to the end of the log by itself. */
  private async finish(): Promise<void> {
    this.calm = true;
    for (const log of this.logs) {
      const all = this.places.filter((place) => place.log === log);
      for (const place of all.slice(0, -1)) place.processor.revoke();
      if (all.length === 0) await this.open(log);
    }
    for (let round = 0; round < 400 && !this.isDone(); round += 1) {
      for (const log of this.logs) this.drive(log, round % 20 === 10);
      this.clock.advance(300);
      await turn();
    }
  }

  private drive(log: SimulatedPartition, mayAssign: boolean): void {
    const place = this.places.findLast((candidate) => candidate.log === log)!;
    if (mayAssign && place.processor.status().state === 'unassigned') this.assign(place);
    place.processor.observeRange(log.range(), place.processor.position());
    place.processor.beat();
    this.deliver(place);
  }

  isDone(): boolean {
    return [...this.store.checkpoints.values()].every(({ topic, partition, nextOffset }) => {
      const log = this.logs.find(({ place }) => place.topic === topic && place.partition === partition);
      return nextOffset === log?.endOffset;
    });
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it(`any schedule of ${RUNS} gives the tables of one straight pass`, async () => {
  const seed = Number(process.env['PROPERTY_SEED'] ?? Date.now() % 2 ** 31);
  process.stdout.write(`simulation: ${RUNS} runs, PROPERTY_SEED=${seed}\n`);
  const property = fc.asyncProperty(fc.nat(), async (runSeed) => {
    const world = new World(new SeededRandom(runSeed));
    await world.run(120);
    world.stop();
    expect(world.isDone()).toBe(true);
    expect(tablesOf(world.store)).toEqual(foldStraight(world.logs, prefix));
  });
  await fc.assert(property, { numRuns: RUNS, seed, endOnFailure: true });
}, 600_000);
