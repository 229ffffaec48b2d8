import type { CacheScope, ChangeNotice, FreshnessState, LoadedAnswer } from '@harvest/read-models';

/** One state of the database, as a snapshot would see it. */
export interface TruthState {
  readonly generation: number;
  readonly epoch: string;
  readonly value: bigint;
  /** Changes with every write, also between moves. */
  readonly rows: number;
}

/** The database as the cache knows it: rows, one scope's counter, a generation, and the history that late snapshots see. */
export class Truth {
  readonly history: TruthState[] = [{ generation: 1, epoch: 'e1', value: 10n, rows: 0 }];
  readonly announced: ChangeNotice[] = [];

  constructor(readonly scope: CacheScope = 'discoveries') {}

  get now(): TruthState {
    return this.history.at(-1) as TruthState;
  }

  write(): void {
    this.change({ rows: this.now.rows + 1 });
  }

  move(decidedMs?: number): void {
    this.change({ rows: this.now.rows + 1, value: this.now.value + 1n });
    this.announceCounter(decidedMs);
  }

  promote(): void {
    this.change({ rows: this.now.rows + 1, value: this.now.value + 1n, generation: this.now.generation + 1 });
    this.announced.push({ kind: 'generation', generation: this.now.generation });
    this.announceCounter();
  }

  failOver(): void {
    this.change({ epoch: `${this.now.epoch}x` });
    this.announceCounter();
  }

  stateAt(state: TruthState): FreshnessState {
    return { generation: state.generation, counters: [{ scope: this.scope, epoch: state.epoch, value: state.value }] };
  }

  private announceCounter(decidedMs?: number): void {
    const [counter] = this.stateAt(this.now).counters;
    if (counter) this.announced.push({ kind: 'counter', counter, ...(decidedMs === undefined ? {} : { decidedMs }) });
  }

  private change(change: Partial<TruthState>): void {
    this.history.push({ ...this.now, ...change });
  }
}

/** An answer whose body says which state it was read from. */
export function answerFrom(state: TruthState): LoadedAnswer {
  const text = JSON.stringify({ ...state, value: state.value.toString() });
  return {
    answer: { body: Buffer.from(text), etag: `"${state.rows}"`, position: `p${state.rows}`, stalenessMs: 0, storedMs: 0 },
    generation: state.generation,
    counterEpoch: state.epoch,
    counterValue: state.value,
  };
}

export function stateIn(body: Buffer): TruthState {
  const parsed = JSON.parse(body.toString()) as Omit<TruthState, 'value'> & { value: string };
  return { ...parsed, value: BigInt(parsed.value) };
}
