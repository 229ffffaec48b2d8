import { setTimeout as sleep } from 'node:timers/promises';
import { type AppendedRecord, type ArtifactObserved, encodeEvent, type EventLog, type RecordToAppend } from '@harvest/contracts';
import type { Client } from 'pg';
import { connectClient } from './connect-client';
import type { ApiUnderTest } from './api-under-test';
import { rescoresOf } from './facts';
import { Floor } from './floor';
import { type Installation, openLog } from './installation';
import type { HttpClient } from './open-loop';
import { fixed, type Metric, spreadText } from './report';
import { median, quantile } from './statistics';

const BLOCKS = 5;
const PROBES = 40;
const PROBE_EVERY_MS = 100;
const POLL_MS = 2;
const LIMIT_MS = 10_000;
const LOAD_TICK_MS = 50;
const LOADED_ARTIFACTS = 20_000;
const ROUNDS = 5;
const INGESTIONS_OF_A_ROUND = 40;
/** Of a process that has just started, the first say nothing. */
const WARM_UP = 10;

export interface FreshnessOptions {
  readonly house: Installation;
  readonly log: EventLog;
  readonly brokers: string;
  readonly artifacts: readonly ArtifactObserved[];
  /** Of `steady-ingest`, in events a second: what the load is a fifth of. */
  readonly saturation: number;
}

/** An artifact published while the projector works at a fifth of what it can, until `/v1/artifacts/{id}` knows it; and C5 between. */
export async function benchVisible(api: ApiUnderTest, options: FreshnessOptions): Promise<Metric> {
  const { house, brokers } = options;
  const ownLog = await openLog(brokers, house.topicPrefix);
  const floor = await Floor.open({ brokers, databaseUrl: house.databaseUrl, topicPrefix: house.topicPrefix });
  const load = new Load(options);
  load.start();
  await sleep(1_000);
  const visible: number[] = [];
  const bare: number[] = [];
  for (let block = 0; block < BLOCKS; block += 1) {
    visible.push(
      ...(await evenly((probe) =>
        untilVisible({ client: api.client, log: ownLog, topicPrefix: house.topicPrefix }, `probe:${block}:${probe}`),
      )),
    );
    bare.push(...(await evenly((probe) => floor.once(`${block}:${probe}`))));
  }
  const eventsPerSecond = await load.stop();
  await floor.close();
  await ownLog.close();
  const [p99, p50] = [quantile(visible, 0.99), median(visible)];
  const ratio = p99 / quantile(bare, 0.99);
  return {
    ...{ name: 'produce-to-visible', figure: `p99 ${fixed(p99)} ms, p50 ${fixed(p50)} ms at ${Math.round(eventsPerSecond)} events/s` },
    ...{ spread: `to ${fixed(Math.max(...visible))} ms of ${visible.length}`, ratio: `p99 ${fixed(ratio, 2)} × C5` },
    ...{ must: 'p99 ≤ 100 ms at 20 % load', met: p99 <= 100 },
    numbers: { p50, p99, ratio, c5P50: median(bare), c5P99: quantile(bare, 0.99), eventsPerSecond },
  };
}

/** Probes at an even pace, each measured from its own beginning, none waiting for the one before. */
async function evenly(probe: (index: number) => Promise<number>): Promise<readonly number[]> {
  const running: Promise<number>[] = [];
  for (let index = 0; index < PROBES; index += 1) {
    running.push(probe(index));
    await sleep(PROBE_EVERY_MS);
  }
  return Promise.all(running);
}

interface Probing {
  readonly client: HttpClient;
  readonly log: EventLog;
  readonly topicPrefix: string;
}

async function untilVisible({ client, log, topicPrefix }: Probing, id: string): Promise<number> {
  const record = artifactOf(id, topicPrefix);
  const beganMs = performance.now();
  await log.append([record]);
  for (;;) {
    const { status } = await client.get(`/v1/artifacts/${encodeURIComponent(id)}`);
    const tookMs = performance.now() - beganMs;
    if (status === 200) return tookMs;
    if (status !== 404 || tookMs > LIMIT_MS) throw new Error(`${id} is not visible after ${Math.round(tookMs)} ms: ${status}`);
    await sleep(POLL_MS);
  }
}

const PROBE_SOURCE = 'bench-probe';

function artifactOf(id: string, topicPrefix: string): RecordToAppend {
  const payload = {
    artifactId: id,
    source: PROBE_SOURCE,
    artifactType: 'paper',
    title: `A probe: ${id}`,
    publishedAt: '2026-01-01',
  } as const;
  return encodeEvent({ type: 'artifact.observed', payload, id, source: 'bench' }, { topicPrefix });
}

/** Scores that always differ from the ones before, evenly, at a fifth of saturation. */
class Load {
  private readonly records: readonly RecordToAppend[];
  private running: Promise<void> = Promise.resolve();
  private isStopping = false;
  private sent = 0;
  private beganMs = 0;

  constructor(private readonly options: FreshnessOptions) {
    const { artifacts, house } = options;
    const some = artifacts.slice(0, LOADED_ARTIFACTS);
    this.records = [11, 12].flatMap((round) => rescoresOf(some, round, house.topicPrefix));
  }

  start(): void {
    this.beganMs = performance.now();
    this.running = this.run();
  }

  /** Returns events per second. */
  async stop(): Promise<number> {
    this.isStopping = true;
    await this.running;
    return (this.sent * 1000) / (performance.now() - this.beganMs);
  }

  private async run(): Promise<void> {
    const perMs = this.options.saturation / 5 / 1000;
    while (!this.isStopping) {
      const due = Math.floor((performance.now() - this.beganMs) * perMs);
      const at = this.sent % this.records.length;
      const part = this.records.slice(at, at + Math.min(due - this.sent, 2_000));
      if (part.length > 0) await this.options.log.append(part);
      this.sent += part.length;
      await sleep(LOAD_TICK_MS);
    }
  }
}

/** Small ingestions; from the barrier's decision to the first list of each api process that holds what it brought. */
export async function benchComplete(apis: readonly ApiUnderTest[], { house, log }: FreshnessOptions): Promise<Metric> {
  const watched = { apis, log, topicPrefix: house.topicPrefix, client: await connectClient({ connectionString: house.databaseUrl }) };
  await untilFresh(watched, WARM_UP);
  const rounds: (readonly number[])[] = [];
  for (let round = 0; round < ROUNDS; round += 1) rounds.push(await untilFresh(watched, INGESTIONS_OF_A_ROUND));
  await watched.client.end();
  const latencies = rounds.flat();
  const p99s = rounds.map((round) => quantile(round, 0.99));
  const [p99, p50] = [median(p99s), median(latencies)];
  return {
    ...{ name: 'complete-to-fresh', figure: `p99 ${fixed(p99)} ms, p50 ${fixed(p50)} ms in ${apis.length} processes` },
    ...{ spread: `p99 ${spreadText(p99s, fixed)} ms of ${latencies.length}`, ratio: '' },
    ...{ must: 'p99 ≤ 20 ms after the decision', met: p99 <= 20 },
    numbers: { p50, p99 },
  };
}

interface Watched {
  readonly apis: readonly ApiUnderTest[];
  readonly log: EventLog;
  readonly topicPrefix: string;
  readonly client: Client;
}

async function untilFresh({ apis, log, topicPrefix, client }: Watched, ingestions: number): Promise<readonly number[]> {
  const latencies: number[] = [];
  for (let index = 0; index < ingestions; index += 1) {
    const run = `bench-${Date.now()}-${index}`;
    // The greatest id of the ties, so that it leads the list: later runs have greater ones.
    const artifactId = `~fresh:${run}`;
    const watching = apis.map((api) => firstSeen(api.client, artifactId));
    await ingest(log, { run, artifactId, topicPrefix });
    const seenMs = await Promise.all(watching);
    const { rows } = await client.query<{ decided_ms: string }>(
      'SELECT decided_ms FROM harvest.ingestion_outcome WHERE ingestion_id = $1',
      [run],
    );
    latencies.push(...seenMs.map((at) => at - Number(rows[0]?.decided_ms)));
    await sleep(50);
  }
  return latencies;
}

const nowMs = () => performance.timeOrigin + performance.now();

async function firstSeen(client: HttpClient, artifactId: string): Promise<number> {
  const deadlineMs = nowMs() + LIMIT_MS;
  for (;;) {
    const { status, body } = await client.get('/v1/discoveries?limit=3&sort=score');
    const atMs = nowMs();
    if (status === 200 && body.includes(artifactId)) return atMs;
    if (status !== 200 || atMs > deadlineMs) throw new Error(`the list stays old: ${status} ${body.subarray(0, 200).toString()}`);
    await sleep(POLL_MS);
  }
}

interface SmallIngestion {
  readonly run: string;
  readonly artifactId: string;
  readonly topicPrefix: string;
}

/** One artifact with the highest score there is, so that it leads the list; the list's ties are led by the greatest id. */
async function ingest(log: EventLog, { run, artifactId, topicPrefix }: SmallIngestion): Promise<void> {
  const about = { source: 'bench', ingestionId: run };
  const score = { artifactId, discoveryScore: 100, novelty: 100, emergence: 100, obscurity: 100 };
  const prefix = { topicPrefix };
  const started = { ingestionId: run, source: PROBE_SOURCE, expected: 1 };
  const appended = await log.append([
    encodeEvent({ type: 'ingestion.started', payload: started, ...about, id: `${run}:started` }, prefix),
    artifactOf(artifactId, topicPrefix),
    encodeEvent({ type: 'score.computed', payload: score, ...about, id: `${run}:score` }, prefix),
  ]);
  const payload = { ingestionId: run, source: PROBE_SOURCE, counts: { 'artifact.observed': 1 }, manifest: manifestOf(appended.slice(1)) };
  await log.append([encodeEvent({ type: 'ingestion.completed', payload, ...about, id: `${run}:completed` }, prefix)]);
}

function manifestOf(appended: readonly AppendedRecord[]): Record<string, Record<string, number>> {
  return Object.fromEntries(appended.map(({ topic, partition, offset }) => [topic, { [partition]: Number(offset) }]));
}
