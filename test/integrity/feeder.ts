import type { AppendedRecord, EventLog, EventType } from '@harvest/contracts';
import { encodeEvent } from '@harvest/contracts';
import type { Fed, Workload } from './workload';
import { sleep } from './wait-until';

const TICK_MS = 100;
const LARGEST_BATCH = 2_000;
const INGESTION_EVENTS = 8_000;

export interface FeederOptions {
  readonly log: EventLog;
  readonly workload: Workload;
  readonly topicPrefix: string;
  readonly eventsPerSecond: number;
  /** Records in the log that are not projected yet; above this the feeder waits. */
  readonly maxLag: number;
  readonly lag: () => number;
}

interface Ingestion {
  readonly id: string;
  readonly counts: Map<EventType, number>;
  readonly manifest: Map<string, Map<number, bigint>>;
  events: number;
}

const placeOf = ({ topic, partition, offset }: AppendedRecord) => `${topic}/${partition}@${offset}`;

/** Publishes the workload through the real log until it is stopped; what it cannot get rid of it sends again. */
export class Feeder {
  acknowledged = 0;
  /** Batches that were sent again because nobody knew what had become of them: their records may stand in the log twice. */
  retries = 0;
  /** Retried records that are set aside when they arrive. */
  uncertainSetAside = 0;
  readonly poison = new Set<string>();
  readonly waiting = new Set<string>();
  readonly ingestions: string[] = [];
  private current: Ingestion | null = null;
  private paused = false;
  private stopping = false;
  private running: Promise<void> = Promise.resolve();
  private idle = true;
  failure: Error | null = null;

  constructor(private readonly options: FeederOptions) {}

  start(): void {
    this.running = this.run().catch((error: Error) => {
      this.failure = error;
      this.idle = true;
    });
  }

  /** Resolves once nothing is on its way. */
  async pause(): Promise<void> {
    this.paused = true;
    while (!this.idle) await sleep(20);
  }

  resume(): void {
    this.paused = false;
  }

  /** Completes the ingestion in hand. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.running;
    if (this.failure !== null) throw this.failure;
    await this.complete();
  }

  private async run(): Promise<void> {
    let dueMs = Date.now();
    while (!this.stopping) {
      await sleep(Math.max(1, dueMs + TICK_MS - Date.now()));
      if (this.paused || this.options.lag() > this.options.maxLag) {
        dueMs = Date.now();
        continue;
      }
      const elapsedMs = Math.max(TICK_MS, Date.now() - dueMs);
      dueMs = Date.now();
      this.idle = false;
      await this.feed(Math.min(LARGEST_BATCH, Math.round((this.options.eventsPerSecond * elapsedMs) / 1000)));
      this.idle = true;
    }
  }

  private async feed(count: number): Promise<void> {
    const ingestion = this.current ?? (await this.begin());
    const fed = this.options.workload.next(count, ingestion.id);
    const positions = await this.append(fed);
    if (positions === null) return;
    for (const [index, position] of positions.entries()) this.note(fed[index] as Fed, position, ingestion);
    this.acknowledged += fed.length;
    ingestion.events += fed.length;
    if (ingestion.events >= INGESTION_EVENTS) await this.complete();
  }

  private note({ kind, type }: Fed, position: AppendedRecord, { counts, manifest }: Ingestion): void {
    if (kind !== 'fact') (kind === 'poison' ? this.poison : this.waiting).add(placeOf(position));
    if (kind !== 'fact' || type === null) return;
    counts.set(type, (counts.get(type) ?? 0) + 1);
    const partitions = manifest.get(position.topic) ?? new Map<number, bigint>();
    manifest.set(position.topic, partitions.set(position.partition, position.offset));
  }

  private async begin(): Promise<Ingestion> {
    const id = `run-${this.ingestions.length + 1}`;
    this.current = { id, counts: new Map(), manifest: new Map(), events: 0 };
    this.ingestions.push(id);
    await this.announce('ingestion.started', { ingestionId: id, source: 'integrity' });
    return this.current;
  }

  private async complete(): Promise<void> {
    const { current } = this;
    this.current = null;
    if (current === null) return;
    const manifest = Object.fromEntries(
      [...current.manifest].map(([topic, partitions]) => [
        topic,
        Object.fromEntries([...partitions].map(([partition, offset]) => [partition, Number(offset)])),
      ]),
    );
    const payload = { ingestionId: current.id, source: 'integrity', counts: Object.fromEntries(current.counts), manifest };
    await this.announce('ingestion.completed', payload);
  }

  private async announce(type: 'ingestion.started' | 'ingestion.completed', payload: Parameters<typeof encodeEvent>[0]['payload']) {
    const event = { type, payload, id: `${type}-${this.ingestions.length}`, source: 'integrity' } as Parameters<typeof encodeEvent>[0];
    await this.append([{ kind: 'fact', type, record: encodeEvent(event, { topicPrefix: this.options.topicPrefix }) }]);
    this.acknowledged += 1;
  }

  /** Again and again: the broker is killed meanwhile. Null: stopped before it came through. */
  private async append(fed: readonly Fed[]): Promise<readonly AppendedRecord[] | null> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.options.log.append(fed.map(({ record }) => record));
      } catch (error) {
        this.retries += 1;
        this.uncertainSetAside += fed.filter(({ kind }) => kind !== 'fact').length;
        if (attempt >= 60) throw new Error('the log takes nothing any more', { cause: error });
        await sleep(500);
      }
    }
  }
}
