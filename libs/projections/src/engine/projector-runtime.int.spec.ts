import { encodeEvent, encodeTombstone, eventTopics, topicName } from '@harvest/contracts';
import type { EventLog, EventType, PayloadOf, RecordToAppend } from '@harvest/contracts';
import { createKafkaLog } from '@harvest/ingest';
import { createMetrics, silentLogger } from '@harvest/observability';
import type { CanonicalRow, CanonicalTable } from '@harvest/read-models';
import { createStore } from '@harvest/store';
import type { Store } from '@harvest/store';
import { createTestDatabase, serviceAddress, uniqueTopicPrefix } from '@harvest/testing';
import type { TestDatabase } from '@harvest/testing';
import { Kafka, logLevel } from 'kafkajs';
import type { Admin } from 'kafkajs';
import { MIGRATIONS } from '../../../../migrations';
import { currentDefinitions } from '../definitions/current-definitions';
import { createProjectorRuntime } from './projector-runtime';
import type { ProjectorRuntime } from './projector-runtime';
import type { ProjectorSettings } from './projector-settings';
import { createRedrivePlanner } from './redrive-planner';

const brokers = serviceAddress('kafka').split(',');
const generation = { generation: 1, schema: 'read_1' };

/** A database, topics, and projectors on them; one suite's or one test's own. */
class House {
  readonly prefix = uniqueTopicPrefix();
  readonly metrics = createMetrics();
  log: EventLog = createKafkaLog({ brokers, clientId: 'test', logger: silentLogger });
  readonly crashes: Error[] = [];
  store!: Store;
  private database!: TestDatabase;
  private readonly runtimes: ProjectorRuntime[] = [];

  async open(topics = true): Promise<this> {
    this.database = await createTestDatabase();
    const { prefix: topicPrefix, metrics } = this;
    this.store = createStore({ databaseUrl: this.database.url, topicPrefix, migrations: MIGRATIONS, logger: silentLogger, metrics });
    await this.store.migrator.migrate();
    const names = [...eventTopics(topicPrefix), topicName(topicPrefix, 'dead-letters')];
    if (topics) await this.log.createTopics(names.map((topic) => ({ topic, partitions: 2, retentionMs: -1 })));
    return this;
  }

  runtime(owner: string, settings: Partial<ProjectorSettings> = {}): ProjectorRuntime {
    const { log, store, prefix, metrics, crashes } = this;
    const runtime = createProjectorRuntime({
      ...{ log, ports: store, topicPrefix: prefix, logger: silentLogger, metrics },
      settings: { sessionTimeoutMs: 6_000, ...settings, owner },
      onCrash: (error) => crashes.push(error),
    });
    this.runtimes.push(runtime);
    return runtime;
  }

  event<T extends EventType>(type: T, payload: PayloadOf<T>, sequence?: bigint): RecordToAppend {
    return encodeEvent({ type, payload, id: 'e', source: 'test', sequence }, { topicPrefix: this.prefix });
  }

  observed(artifactId: string, title = 'T'): RecordToAppend {
    return this.event('artifact.observed', { artifactId, source: 's', artifactType: 'paper', title, publishedAt: '2020' });
  }

  scored(artifactId: string, discoveryScore = 50): RecordToAppend {
    return this.event('score.computed', { artifactId, discoveryScore });
  }

  /** Until every checkpoint of the generation stands at its partition's end. */
  async caughtUp(of = generation, limitMs = 30_000): Promise<void> {
    const endMs = Date.now() + limitMs;
    for (let behind = 1; behind > 0;) {
      if (Date.now() > endMs)
        throw new Error(
          `not caught up: ${behind} partitions; ${JSON.stringify(
            this.runtimes.map((r) => r.status()),
            toText,
          )}`,
        );
      await sleep(50);
      const ranges = await this.log.ranges(eventTopics(this.prefix));
      const checkpoints = await this.store.projections.loadCheckpoints(of);
      behind = ranges.filter(
        ({ topic, partition, endOffset }) =>
          checkpoints.find((checkpoint) => checkpoint.topic === topic && checkpoint.partition === partition)?.nextOffset !== endOffset,
      ).length;
    }
  }

  async rows(table: CanonicalTable): Promise<readonly CanonicalRow[]> {
    const snapshot = await this.store.verification.openSnapshot(generation);
    const rows: CanonicalRow[] = [];
    for await (const some of snapshot.rows(table)) rows.push(...some);
    await snapshot.close();
    return rows;
  }

  async close(): Promise<void> {
    await Promise.all(this.runtimes.map((runtime) => runtime.stop(5_000)));
    await this.log.close();
    await this.store.close();
    await this.database.drop();
    if (this.crashes.length > 0) throw new Error(`crashed: ${this.crashes.map(String).join()}`);
  }
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const toText = (_key: string, value: unknown) => (typeof value === 'bigint' ? value.toString() : value);
const ids = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => `a${from + index}`);

async function until(what: string, condition: () => boolean | Promise<boolean>, limitMs = 20_000): Promise<void> {
  const endMs = Date.now() + limitMs;
  while (!(await condition())) {
    if (Date.now() > endMs) throw new Error(`not within ${limitMs} ms: ${what}`);
    await sleep(50);
  }
}

async function withAdmin<T>(work: (admin: Admin) => Promise<T>): Promise<void> {
  const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    await work(admin);
  } finally {
    await admin.disconnect();
  }
}

let house: House;
afterEach(() => house.close());

describe('from Kafka to Postgres', () => {
  it('events of all topics become rows, counts and outcomes; an ingestion is decided; the first start makes generation 1', async () => {
    house = await new House().open();
    await house.runtime('one').start();
    const { log } = house;
    await log.append([house.scored('b', 0.5), house.observed('a'), house.observed('b'), house.scored('a'), house.observed('c')]);
    await log.append([encodeTombstone('c', { topicPrefix: house.prefix }), house.event('entity.merged', { from: 'x', into: 'y' })]);
    const ingestion = { ingestionId: 'run', source: 's' };
    await log.append([
      house.event('ingestion.started', ingestion),
      house.event('ingestion.completed', { ...ingestion, counts: { all: 7 } }),
    ]);
    await house.caughtUp();
    expect((await house.rows('discovery')).map(({ artifact_id, visible }) => [artifact_id, visible])).toEqual([
      ['a', true],
      ['b', true],
      ['c', false],
    ]);
    expect((await house.rows('artifact_card')).map(({ artifact_id }) => artifact_id)).toEqual(['a', 'b']);
    expect(await house.rows('count_by_kind')).toMatchObject([{ source: 's', artifact_type: 'paper', artifacts: '2', discoveries: '2' }]);
    await until('the ingestion is decided', async () => (await house.store.barrier.pending()).length === 0);
    const text = await house.metrics.registry.metrics();
    expect(text).toContain(`harvest_events_total{topic="${house.prefix}entities.v1",outcome="ignored"} 1`);
    expect(text).toMatch(/harvest_suspicious_scores_total 1/);
    expect(text).toMatch(/harvest_ingestions_total\{outcome="complete"\} 1/);
    expect((await house.store.generations.active()).definitions).toEqual(currentDefinitions());
  });

  it('a poison parks its key, others go on, the letter is on the dead-letter topic; discarded, its key goes on', async () => {
    house = await new House().open();
    await house.runtime('one').start();
    const broken = { ...house.observed('bad'), value: Buffer.from('{"artifactId":') };
    const [poison] = await house.log.append([broken]);
    await house.log.append([house.observed('bad', 'waits'), house.observed('good')]);
    await house.caughtUp();
    expect((await house.rows('discovery')).map(({ artifact_id }) => artifact_id)).toEqual(['good']);
    const letters = await house.store.deadLetters.list({}, 10);
    expect(letters.map(({ kind, code }) => [kind, code])).toEqual([
      ['poison', 'invalid-json'],
      ['waiting', 'key-parked'],
    ]);
    const relayed = topicName(house.prefix, 'dead-letters');
    const total = async () =>
      (await house.log.ranges([relayed])).reduce((sum, { startOffset, endOffset }) => sum + endOffset - startOffset, 0n);
    await until('the poison is relayed', async () => (await total()) >= 1n);
    await house.store.deadLetters.discard(letters[0]!.id, 'broken at its source');
    const key = { generation: 1, topic: poison!.topic, partition: poison!.partition, key: Buffer.from('bad') };
    const planner = createRedrivePlanner({ topicPrefix: house.prefix });
    await house.store.deadLetters.redriveKey(key, planner);
    expect((await house.rows('discovery')).map(({ artifact_id }) => artifact_id)).toEqual(['bad', 'good']);
    await house.log.append([house.scored('bad'), house.observed('bad', 'later')]);
    await house.caughtUp();
    const [card] = await house.rows('artifact_card');
    expect(JSON.stringify(card)).toContain('later');
  });
});

describe('ownership', () => {
  it('several projectors share the group; one leaves, one comes: nothing lost, nothing doubled', async () => {
    house = await new House().open();
    const first = house.runtime('first');
    await first.start();
    await house.runtime('second').start();
    await house.log.append(ids(0, 400).flatMap((id) => [house.observed(id), house.scored(id)]));
    const appending = house.log.append(ids(400, 800).flatMap((id) => [house.scored(id), house.observed(id)]));
    await first.stop(5_000);
    await appending;
    await house.runtime('third').start();
    await house.log.append(ids(0, 100).map((id) => house.scored(id, 60)));
    await house.caughtUp();
    expect(await house.rows('count_by_kind')).toMatchObject([{ artifacts: '800', discoveries: '800' }]);
    expect((await house.rows('discovery')).filter(({ discovery_score }) => discovery_score === 600_000).length).toBe(100);
  });

  it('fenced by another owner: writes nothing under its old claim, claims again after a heartbeat, goes on', async () => {
    house = await new House().open();
    await house.runtime('one').start();
    await house.log.append([house.observed('a')]);
    await house.caughtUp();
    const [at] = (await house.store.projections.loadCheckpoints(generation)).filter(({ nextOffset }) => nextOffset > 0n);
    const claim = await house.store.projections.claim(generation, at!, 'another');
    await house.log.append([house.observed('a', 'newer')]);
    await house.caughtUp();
    const after = (await house.store.projections.loadCheckpoints(generation)).find(
      ({ topic, partition }) => topic === at!.topic && partition === at!.partition,
    );
    expect([after!.epoch > claim.epoch, after!.owner]).toEqual([true, 'one']);
    expect(await house.metrics.registry.metrics()).toContain(`harvest_fenced_total{topic="${at!.topic}"} 1`);
    expect(JSON.stringify(await house.rows('artifact_card'))).toContain('newer');
  });

  it("Kafka's commits set to the log's end, or back, by hand while the group is stopped: nothing lost, nothing doubled", async () => {
    house = await new House().open();
    const first = house.runtime('first');
    await first.start();
    await house.log.append(ids(0, 50).map((id) => house.observed(id)));
    await house.caughtUp();
    await first.stop(5_000);
    await house.log.append(ids(50, 100).map((id) => house.observed(id)));
    const topic = topicName(house.prefix, 'artifacts');
    const groupId = `${house.prefix}projector.${await house.store.generations.installationId()}.g1`;
    await withAdmin(async (admin) => {
      const ends = await admin.fetchTopicOffsets(topic);
      const partitions = ends.map(({ partition, high }) => ({ partition, offset: partition === 0 ? high : '0' }));
      await admin.setOffsets({ groupId, topic, partitions });
    });
    await house.runtime('second').start();
    await house.caughtUp();
    expect(await house.rows('count_by_kind')).toMatchObject([{ artifacts: '100' }]);
  });
});

describe('a log that is not what it was', () => {
  const artifacts = () => topicName(house.prefix, 'artifacts');
  const reasons = (runtime: ProjectorRuntime) =>
    runtime.status().generations.flatMap(({ partitions }) => partitions.flatMap(({ reason }) => reason ?? []));

  /** A projector that has read 40 artifacts and left. */
  const afterFirst = async (): Promise<void> => {
    house = await new House().open();
    const first = house.runtime('first');
    await first.start();
    await house.log.append(ids(0, 40).map((id) => house.observed(id)));
    await house.caughtUp();
    await first.stop(5_000);
  };

  it('[m] control records only: an aborted and a committed transaction are passed, also by a projector that has just begun', async () => {
    await afterFirst();
    const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING });
    const producer = kafka.producer({ transactionalId: house.prefix, idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    for (const partition of [0, 1]) {
      const transaction = await producer.transaction();
      await transaction.send({ topic: artifacts(), messages: [{ partition, key: 'aborted', value: '{}' }] });
      await transaction.abort();
    }
    await producer.disconnect();
    await house.runtime('second').start();
    await house.caughtUp();
    expect((await house.store.deadLetters.list({}, 10)).length).toBe(0);
  });

  it('history lost: records deleted before they were read halt their partitions, with the reason', async () => {
    await afterFirst();
    await house.log.append(ids(40, 80).map((id) => house.observed(id)));
    await withAdmin(async (admin) => {
      const ends = await admin.fetchTopicOffsets(artifacts());
      await admin.deleteTopicRecords({ topic: artifacts(), partitions: ends.map(({ partition, high }) => ({ partition, offset: high })) });
    });
    await house.log.append(ids(80, 120).map((id) => house.observed(id)));
    const second = house.runtime('second');
    await second.start();
    await until('both halt', () => reasons(second).length === 2);
    expect([reasons(second), (await house.rows('discovery')).length]).toEqual([['history-lost', 'history-lost'], 40]);
  });

  it('deleted and made anew, and longer than before: halted, nothing of it is taken for what was', async () => {
    await afterFirst();
    await withAdmin((admin) => admin.deleteTopics({ topics: [artifacts()] }));
    await until('it is gone', async () => (await house.log.describeTopics([artifacts()])).length === 0);
    // A client that has known the topic does not get over its deletion: those of a new process do the rest.
    await house.log.close();
    house.log = createKafkaLog({ brokers, clientId: 'test-2', logger: silentLogger });
    await house.log.createTopics([{ topic: artifacts(), partitions: 2, retentionMs: -1 }]);
    await house.log.append(ids(200, 400).map((id) => house.observed(id)));
    const second = house.runtime('second');
    await second.start();
    await until('both halt', () => reasons(second).length === 2);
    expect([reasons(second), (await house.rows('discovery')).length]).toEqual([['topic-recreated', 'topic-recreated'], 40]);
  });
});

describe('start', () => {
  it('a missing topic is named, with the command that creates it; nothing is left running', async () => {
    house = await new House().open(false);
    await expect(house.runtime('one').start()).rejects.toMatchObject({
      code: 'topic-missing',
      message: expect.stringContaining('harvest topics create'),
    });
  });

  it('changed code under an unchanged version is refused, with the ways out', async () => {
    house = await new House().open();
    const [one, ...others] = currentDefinitions();
    await house.store.generations.ensureFirst([{ ...one!, fingerprint: 'of other code' }, ...others]);
    await expect(house.runtime('one').start()).rejects.toMatchObject({
      code: 'definition-changed',
      message: expect.stringContaining('harvest generations'),
    });
    await house.store.generations.acceptDefinitions(1, currentDefinitions());
    await house.runtime('two').start();
    expect(house.crashes).toEqual([]);
  });

  it("a generation started meanwhile is built from the log's start, beside the live one", async () => {
    house = await new House().open();
    const runtime = house.runtime('one');
    await runtime.start();
    await house.log.append(ids(0, 20).map((id) => house.observed(id)));
    await house.caughtUp();
    const second = await house.store.generations.create(currentDefinitions());
    await until('it is consumed', () => runtime.status().generations.length === 2);
    await house.caughtUp(second);
    const hashes = await Promise.all([generation, second].map((of) => house.store.verification.contentHashes(of)));
    expect(hashes[1]).toEqual(hashes[0]);
    await house.store.generations.retire(second.generation);
    await until('it is left', () => runtime.status().generations.length === 1);
  });

  it('a partition count that changes halts the topic', async () => {
    house = await new House().open();
    const runtime = house.runtime('one');
    await runtime.start();
    const scores = topicName(house.prefix, 'scores');
    await withAdmin((admin) => admin.createPartitions({ topicPartitions: [{ topic: scores, count: 3 }] }));
    const halted = () =>
      runtime.status().generations.flatMap(({ partitions }) => partitions.filter(({ reason }) => reason === 'topic-grew'));
    await until('the topic is halted', () => halted().length === 2);
    await house.log.append([house.observed('a')]);
    await until('others go on', async () => (await house.rows('discovery')).length === 1);
    expect(halted().map(({ topic }) => topic)).toEqual(Array(2).fill(topicName(house.prefix, 'scores')));
  });
});
