import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createQueries, parseDiscoveriesParameters } from '@harvest/queries';
import { Client, type QueryConfig } from 'pg';
import { connectClient } from './connect-client';
import { type ApiUnderTest, CURSOR_SECRET } from './api-under-test';
import type { Installation } from './installation';
import { ListQuestions } from './list-questions';
import { type HttpAnswer, HttpClient } from './open-loop';
import { askEvenly } from './open-loop-process';
import { threadsCpuUs } from './process-costs';
import { fixed, type Metric, spreadText } from './report';
import { median, quantile } from './statistics';

const CACHED_PAIRS = 9;
/** Of either in turn, since the machine's pace changes within a second. */
const CACHED_SLICES = 20;
const SLICE_REQUESTS = 320;
/** V8 goes on compiling for some 20,000 answers, and its compilers' time is the process's: pairs that are not counted. */
const CACHED_WARM_UPS = 3;
const CACHED_CONNECTIONS = 8;
const LIST_BYTES = 10_000;
const UNCACHED_PAIRS = 5;
/** As before they are counted: the product's code is compiled, its connections are opened. */
const UNCACHED_WARM_UPS = 1;
const UNCACHED_REQUESTS = 1_200;
const UNCACHED_RATE = 300;
const BARE_QUERIES = 300;

/** A list of about 10 kB from the first tier against C3 writing the same bytes: processor time per answer. */
export async function benchCached(api: ApiUnderTest, build: string): Promise<Metric> {
  const { client } = api;
  const path = await pathOfBytes(client, LIST_BYTES);
  const { body } = await client.get(path);
  const file = join(build, 'list.json');
  writeFileSync(file, body);
  const raw = await RawServer.start(join(build, 'test/performance/raw-server.js'), file);
  const own = { pid: api.process.pid, ask: () => client.get(path), isGood: (answer: HttpAnswer) => answer.headers['x-cache'] === 'hit-l1' };
  const bare = { pid: raw.pid, ask: () => raw.client.get('/'), isGood: () => true };
  for (let time = 0; time < CACHED_WARM_UPS; time += 1) await cpuOfPair(bare, own, body.length);
  const ratios: number[] = [];
  const costs: number[] = [];
  for (let pair = 0; pair < CACHED_PAIRS; pair += 1) {
    const [bareUs, ownUs] = await cpuOfPair(bare, own, body.length);
    costs.push(ownUs);
    ratios.push(bareUs / ownUs);
  }
  raw.close();
  return {
    ...{
      name: 'cached-list',
      figure: `${fixed(median(costs))} µs CPU (${body.length} bytes)`,
      spread: spreadText(ratios, (one) => fixed(one, 2)),
    },
    ...{ ratio: `${fixed(median(ratios), 2)} × C3`, must: '≥ 0.75 × C3 by CPU', met: median(ratios) >= 0.75 },
    numbers: { us: median(costs), ratio: median(ratios), bytes: body.length },
  };
}

async function pathOfBytes(client: HttpClient, bytes: number): Promise<string> {
  const { body } = await client.get('/v1/discoveries?limit=50');
  return `/v1/discoveries?limit=${Math.max(1, Math.round((50 * bytes) / body.length))}`;
}

interface Served {
  readonly pid: number;
  readonly ask: () => Promise<HttpAnswer>;
  readonly isGood: (answer: HttpAnswer) => boolean;
}

/** Of each an answer's processor time, in µs. */
async function cpuOfPair(bare: Served, own: Served, bytes: number): Promise<readonly [bareUs: number, ownUs: number]> {
  const us = new Map([bare, own].map((server) => [server, 0]));
  for (let slice = 0; slice < CACHED_SLICES; slice += 1)
    for (const server of slice % 2 === 0 ? [bare, own] : [own, bare])
      us.set(server, (us.get(server) ?? 0) + (await cpuOfSlice(server, bytes)));
  const answers = CACHED_SLICES * SLICE_REQUESTS;
  return [(us.get(bare) ?? 0) / answers, (us.get(own) ?? 0) / answers];
}

async function cpuOfSlice({ pid, ask, isGood }: Served, bytes: number): Promise<number> {
  const before = threadsCpuUs(pid);
  const connection = async () => {
    for (let asked = 0; asked < SLICE_REQUESTS / CACHED_CONNECTIONS; asked += 1) {
      const answer = await ask();
      if (answer.status !== 200 || answer.body.length !== bytes || !isGood(answer))
        throw new Error(`not the kept answer: ${answer.status}`);
    }
  };
  await Promise.all(Array.from({ length: CACHED_CONNECTIONS }, connection));
  return threadsCpuUs(pid) - before;
}

class RawServer {
  private constructor(
    private readonly child: ChildProcess,
    readonly client: HttpClient,
  ) {}

  static start(script: string, file: string): Promise<RawServer> {
    const child = spawn(process.execPath, [script, file], { stdio: ['ignore', 'pipe', 'inherit'] });
    return new Promise((resolve, reject) => {
      child.once('exit', () => reject(new Error('the raw server ended')));
      child.stdout.once('data', (port: Buffer) => resolve(new RawServer(child, new HttpClient(`http://127.0.0.1:${Number(port)}`))));
    });
  }

  get pid(): number {
    return this.child.pid ?? -1;
  }

  close(): void {
    this.client.close();
    this.child.kill();
  }
}

/** Lists that nobody has asked for before, at an even rate, against the same prepared statements on a bare client (C4). */
export async function benchUncached(api: ApiUnderTest, house: Installation): Promise<Metric> {
  const questions = await ListQuestions.collect(api.client);
  const bare = await BareLists.open(house, questions);
  const rounds: (readonly number[])[] = [];
  const ratios: number[] = [];
  await warmUp(api.client, questions);
  for (let time = 0; time < UNCACHED_WARM_UPS; time += 1) await askUncached(api.client.base, questions);
  for (let pair = 0; pair < UNCACHED_PAIRS; pair += 1) {
    const own = await askUncached(api.client.base, questions);
    rounds.push(own);
    ratios.push(median(own) / (await bare.medianMs(BARE_QUERIES)));
  }
  await bare.close();
  const latencies = rounds.flat();
  const p99s = rounds.map((round) => quantile(round, 0.99));
  const [p50, p99] = [median(latencies), median(p99s)];
  const refused = latencies.filter((latency) => latency === Infinity).length;
  const rows = await rowsOf(house);
  return {
    ...{ name: 'uncached-list', figure: `p99 ${fixed(p99)} ms, p50 ${fixed(p50)} ms at ${rows} artifacts` },
    ...{
      spread: `p99 ${spreadText(p99s, fixed)} ms, to ${fixed(Math.max(...latencies))} of ${latencies.length}, ${refused} refused`,
      ratio: `p50 ${fixed(median(ratios), 2)} × C4`,
    },
    ...{ must: 'p99 < 10 ms at 300/s, ≥ 130,000 artifacts', met: p99 < 10 && rows >= 130_000 },
    numbers: { p50, p99, refused, ratio: median(ratios), rows },
  };
}

/** Connections are opened and statements prepared, slowly: a cold process refuses what it cannot take yet (503). */
async function warmUp(client: HttpClient, questions: ListQuestions): Promise<void> {
  for (let asked = 0; asked < BARE_QUERIES; asked += 1) await client.get(questions.next());
}

/** More lists are being made than the api takes on at once. Whoever is refused has waited for ever. */
const REFUSED = 'answered 503';

async function askUncached(base: string, questions: ListQuestions): Promise<readonly number[]> {
  const paths = Array.from({ length: UNCACHED_REQUESTS }, () => questions.next());
  const { latenciesMs, failures, firstFailure } = await askEvenly({ base, paths, ratePerSecond: UNCACHED_RATE });
  if (failures > 0 && firstFailure !== REFUSED) throw new Error(`${failures} of ${UNCACHED_REQUESTS} lists failed, first: ${firstFailure}`);
  return [...latenciesMs, ...Array<number>(failures).fill(Infinity)];
}

/** C4. The texts are heard from the product's own queries; a bare client then runs them, prepared by name. */
class BareLists {
  private constructor(
    private readonly client: Client,
    private readonly configs: readonly QueryConfig[],
  ) {}

  static async open(house: Installation, questions: ListQuestions): Promise<BareLists> {
    const configs = await heardQueries(house, questions);
    const client = await connectClient({ connectionString: house.databaseUrl, options: '-c jit=off -c max_parallel_workers_per_gather=0' });
    return new BareLists(client, configs);
  }

  async medianMs(count: number): Promise<number> {
    const tookMs: number[] = [];
    for (const config of this.configs.slice(0, count)) {
      const beganMs = performance.now();
      await this.client.query(config);
      tookMs.push(performance.now() - beganMs);
    }
    return median(tookMs);
  }

  async close(): Promise<void> {
    await this.client.end();
  }
}

async function heardQueries({ store, topicPrefix }: Installation, questions: ListQuestions): Promise<readonly QueryConfig[]> {
  const queries = createQueries(store.reader, { topicPrefix, cursorSecret: CURSOR_SECRET });
  const heard: QueryConfig[] = [];
  const original = Object.getOwnPropertyDescriptor(Client.prototype, 'query') as PropertyDescriptor;
  const query = original.value as (this: Client, ...values: unknown[]) => unknown;
  Client.prototype.query = function hear(this: Client, ...values: unknown[]) {
    const config = values[0] as QueryConfig;
    if (config.text?.includes('discovery'))
      heard.push({ ...(config.name && { name: config.name }), text: config.text, values: config.values ?? [] });
    return query.apply(this, values);
  } as Client['query'];
  try {
    for (let asked = 0; asked < BARE_QUERIES; asked += 1) {
      const search = new URLSearchParams(questions.next().split('?')[1]);
      const { parameters } = parseDiscoveriesParameters(search, Date.now());
      await queries.listDiscoveries(parameters);
    }
  } finally {
    Object.defineProperty(Client.prototype, 'query', original);
  }
  return heard;
}

async function rowsOf({ databaseUrl }: Installation): Promise<number> {
  const client = await connectClient({ connectionString: databaseUrl });
  const { rows } = await client.query<{ count: string }>('SELECT count(*) AS count FROM read_1.discovery WHERE visible');
  await client.end();
  return Number(rows[0]?.count);
}
