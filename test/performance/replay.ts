import type { Client } from 'pg';
import { connectClient } from './connect-client';
import type { CapturedChunk } from './capture';
import { PARTITIONS } from './installation';

/** Statements whose answers the next ones are made from: there the engine waits. */
const LANDINGS = [/^discovery_probe_/, /^discovery_(insertFresh|lockKnown)_/, /^card_read_/];
/** As the store plans: every join stays an index lookup per row. */
const PLANNING = '-c enable_hashjoin=off -c enable_mergejoin=off -c enable_seqscan=off -c enable_bitmapscan=off -c jit=off';
const BEGIN =
  'BEGIN; SET LOCAL statement_timeout = 15000; SET LOCAL lock_timeout = 5000; SET LOCAL idle_in_transaction_session_timeout = 5000';

export interface Replayed {
  readonly wallMs: number;
  readonly nodeUs: number;
}

/**
 * C1: the engine's captured parameter bytes through its own statements by a bare client, pipelined as the engine does it. One
 * connection a partition, each with its chunks in the captured order.
 */
export class Replay {
  private constructor(readonly clients: readonly Client[]) {}

  static async open(databaseUrl: string): Promise<Replay> {
    const clients: Client[] = [];
    for (let lane = 0; lane < PARTITIONS; lane += 1) {
      const config = { connectionString: databaseUrl, pipeline: true, options: PLANNING, application_name: 'bench-replay' };
      const client = await connectClient(config);
      clients.push(client);
    }
    return new Replay(clients);
  }

  async run(chunks: readonly CapturedChunk[]): Promise<Replayed> {
    const cpu = process.cpuUsage();
    const beganMs = performance.now();
    await Promise.all(
      this.clients.map((client, lane) =>
        replayLane(
          client,
          chunks.filter(({ partition }) => partition === lane),
        ),
      ),
    );
    const wallMs = performance.now() - beganMs;
    const { user, system } = process.cpuUsage(cpu);
    return { wallMs, nodeUs: user + system };
  }

  async close(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.end()));
  }
}

async function replayLane(client: Client, chunks: readonly CapturedChunk[]): Promise<void> {
  for (const chunk of chunks) await replayChunk(client, chunk);
}

async function replayChunk(client: Client, { statements }: CapturedChunk): Promise<void> {
  let flight: Promise<unknown>[] = [client.query({ text: BEGIN, rowMode: 'array' })];
  let landing = 0;
  for (const { name, text, values } of statements) {
    const stage = LANDINGS.findIndex((pattern) => pattern.test(name));
    const isNext = landing > 0 && stage !== landing - 1;
    if (isNext) {
      await Promise.all(flight);
      flight = [];
      landing = 0;
    }
    flight.push(client.query({ name, text, values: values as unknown[], rowMode: 'array' }));
    if (stage >= 0) landing = stage + 1;
  }
  flight.push(client.query({ text: 'COMMIT', rowMode: 'array' }));
  await Promise.all(flight);
}
