import type { Client } from 'pg';
import { connectClient } from './connect-client';
import { eventTopics, type EventLog } from '@harvest/contracts';
import { processCpuUs, threadCpuUs } from './process-costs';
import type { ProductProcess } from './product-process';

/** Asking costs the machine that is measured: seldom while much is left to do, and often near the end. */
const FAR_POLL_MS = 100;
const NEAR_POLL_MS = 10;
const NEAR = 0.85;
const LIMIT_MS = 180_000;
const BACKENDS = `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'
  AND application_name = $1`;

export interface Spent {
  readonly wallMs: number;
  readonly processUs: number;
  readonly backendsUs: number;
}

/** Processor time of the Postgres backends of one application in one database. */
export class BackendCosts {
  private readonly first = new Map<number, number>();
  private readonly last = new Map<number, number>();

  constructor(
    private readonly client: Client,
    private readonly applicationName: string,
  ) {}

  async sample(): Promise<void> {
    const { rows } = await this.client.query<{ pid: number }>(BACKENDS, [this.applicationName]);
    for (const { pid } of rows) {
      const us = threadCpuUs(pid);
      if (us === null) continue;
      // One that was not there at the beginning has spent everything since.
      if (!this.first.has(pid)) this.first.set(pid, this.isBegun ? 0 : us);
      this.last.set(pid, us);
    }
    this.isBegun = true;
  }

  private isBegun = false;

  get spentUs(): number {
    let sum = 0;
    for (const [pid, us] of this.last) sum += us - (this.first.get(pid) ?? 0);
    return sum;
  }
}

/** The real projector on real Kafka, frozen while its work is laid out, and measured from thaw to caught up. */
export class EngineUnderTest {
  private constructor(
    private readonly projector: ProductProcess,
    private readonly log: EventLog,
    private readonly topics: readonly string[],
    private readonly client: Client,
  ) {}

  static async open(projector: ProductProcess, log: EventLog, at: { databaseUrl: string; topicPrefix: string }): Promise<EngineUnderTest> {
    const client = await connectClient({ connectionString: at.databaseUrl, application_name: 'bench-watch' });
    return new EngineUnderTest(projector, log, eventTopics(at.topicPrefix), client);
  }

  async layOut<T>(publish: () => Promise<T>): Promise<T> {
    this.projector.freeze();
    return publish();
  }

  /** From here to the log's end. */
  async run(): Promise<Spent> {
    const [start, goal] = [await this.checkpointsSum(), await this.endsSum()];
    const near = start + BigInt(Math.floor(Number(goal - start) * NEAR));
    const costs = new BackendCosts(this.client, 'harvest-projector');
    await costs.sample();
    const processBefore = processCpuUs(this.projector.pid);
    const beganMs = performance.now();
    this.projector.thaw();
    for (let done = start; done < goal; done = await this.checkpointsSum()) {
      if (performance.now() - beganMs > LIMIT_MS || !this.projector.isRunning) throw new Error('the projector does not catch up');
      if (done < near) await costs.sample();
      await new Promise((resolve) => setTimeout(resolve, done < near ? FAR_POLL_MS : NEAR_POLL_MS));
    }
    const wallMs = performance.now() - beganMs;
    await costs.sample();
    return { wallMs, processUs: processCpuUs(this.projector.pid) - processBefore, backendsUs: costs.spentUs };
  }

  async close(): Promise<void> {
    await this.client.end();
  }

  private async endsSum(): Promise<bigint> {
    return (await this.log.ranges(this.topics)).reduce((sum, { endOffset }) => sum + endOffset, 0n);
  }

  private async checkpointsSum(): Promise<bigint> {
    const { rows } = await this.client.query<{ sum: string | null }>('SELECT sum(next_offset) AS sum FROM harvest.checkpoint');
    return BigInt(rows[0]?.sum ?? 0);
  }
}
