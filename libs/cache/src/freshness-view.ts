import type { CacheCounter, CacheScope, FreshnessState } from '@harvest/read-models';

/**
 * What an answer was read under. One object per belief: the first tier compares by identity. A generation and a counter's value
 * name a state of the data; nothing that was read under another may be served for it.
 */
export interface CacheVersion {
  readonly scope: CacheScope;
  readonly generation: number;
  readonly epoch: string;
  readonly value: bigint;
}

/** Taken before a poll asks, handed back with its answer. */
export interface PollTicket {
  readonly begunMs: number;
  readonly generationNotices: number;
}

/** What became of an observation of one counter. */
export type Observation = 'current' | 'moved' | 'older' | 'foreign';

/**
 * What one process believes of counters and the generation: the maximum it has seen. Pure; no clock of its own.
 * It vouches only while polls are answered: `vouchMs` after the last answered poll *began*, it knows nothing for sure.
 */
export class FreshnessView {
  private readonly versions = new Map<CacheScope, CacheVersion>();
  /** Answers read under a lower value were ended by a completion: not even served as stale ones. */
  private readonly floors = new Map<CacheScope, bigint>();
  private generation: number | null = null;
  private generationNotices = 0;
  private answeredMs: number | null = null;

  constructor(
    private readonly vouchMs: number,
    private readonly onMoved: (version: CacheVersion) => void,
  ) {}

  /** Null until the first poll. */
  version(scope: CacheScope): CacheVersion | null {
    return this.versions.get(scope) ?? null;
  }

  /** A clock that was set back does not make an old poll young again: it ends the vouching until the next poll. */
  vouches(nowMs: number): boolean {
    if (this.answeredMs === null) return false;
    const ageMs = nowMs - this.answeredMs;
    return ageMs >= 0 && ageMs <= this.vouchMs;
  }

  answeredAgeMs(nowMs: number): number | null {
    return this.answeredMs === null ? null : nowMs - this.answeredMs;
  }

  /** Until the next answered poll everything comes from Postgres. */
  distrust(): void {
    this.answeredMs = null;
  }

  ticket(nowMs: number): PollTicket {
    return { begunMs: nowMs, generationNotices: this.generationNotices };
  }

  /** A poll's answer. Polls run one after another, so a new epoch in one is a failover and replaces everything. */
  observePoll(state: FreshnessState, ticket: PollTicket): void {
    const older = state.counters.some((counter) => this.compare(counter) === 'older');
    const generationIsNews = !older && ticket.generationNotices === this.generationNotices;
    if (generationIsNews || this.generation === null) this.setGeneration(state.generation);
    for (const counter of state.counters) {
      const observed = this.compare(counter);
      if (observed === 'foreign') this.floors.set(counter.scope, counter.value);
      if (observed === 'moved' || observed === 'foreign') this.adopt(counter);
    }
    this.answeredMs = ticket.begunMs;
  }

  /** A NOTIFY. One of an epoch that no poll has told of yet is not ranked: the caller polls at once. */
  observeNotice(counter: CacheCounter, endsStale: boolean): Observation {
    const observed = this.compare(counter);
    if (observed === 'foreign' || this.generation === null) {
      this.distrust();
      return 'foreign';
    }
    if (endsStale) this.raiseFloor(counter);
    if (observed === 'moved') this.adopt(counter);
    return observed;
  }

  observeGeneration(generation: number): void {
    this.generationNotices += 1;
    this.setGeneration(generation);
  }

  /**
   * The state that stood in a refill's own snapshot. Returns the version to keep its answer under, or null when that state is
   * not the newest known: it is served to those who wait for it, and kept nowhere.
   */
  observeLoaded(scope: CacheScope, loaded: { generation: number; counterEpoch: string; counterValue: bigint }): CacheVersion | null {
    const counter = { scope, epoch: loaded.counterEpoch, value: loaded.counterValue };
    const observed = this.compare(counter);
    if (this.generation === null || observed === 'older') return null;
    if (observed === 'foreign') {
      this.distrust();
      return null;
    }
    if (observed === 'moved') {
      // A promotion moves every counter in its own transaction, so a higher counter brings the newer generation with it.
      this.setGeneration(loaded.generation);
      this.adopt(counter);
    }
    const version = this.version(scope);
    return version?.generation === loaded.generation ? version : null;
  }

  /** From now on nothing read before this value is served stale. */
  raiseFloor(counter: CacheCounter): void {
    const floor = this.floors.get(counter.scope) ?? 0n;
    if (counter.value > floor) this.floors.set(counter.scope, counter.value);
  }

  /** Whether an answer of `old` may be served while one of `current` is made: the counter just before, not ended by a completion. */
  mayServeStale(old: CacheVersion, current: CacheVersion): boolean {
    return (
      old.scope === current.scope &&
      old.generation === current.generation &&
      old.epoch === current.epoch &&
      old.value === current.value - 1n &&
      old.value >= (this.floors.get(current.scope) ?? 0n)
    );
  }

  state(): FreshnessState | null {
    if (this.generation === null) return null;
    return {
      generation: this.generation,
      counters: [...this.versions.values()].map(({ scope, epoch, value }) => ({ scope, epoch, value })),
    };
  }

  private compare(counter: CacheCounter): Observation {
    const known = this.versions.get(counter.scope);
    if (!known) return 'moved';
    if (known.epoch !== counter.epoch) return 'foreign';
    if (known.value === counter.value) return 'current';
    return counter.value > known.value ? 'moved' : 'older';
  }

  private adopt(counter: CacheCounter): void {
    this.replace({ scope: counter.scope, generation: this.generation ?? 0, epoch: counter.epoch, value: counter.value });
  }

  private setGeneration(generation: number): void {
    if (this.generation === generation) return;
    this.generation = generation;
    for (const known of this.versions.values()) this.replace({ ...known, generation });
  }

  private replace(version: CacheVersion): void {
    this.versions.set(version.scope, version);
    this.onMoved(version);
  }
}

/** Everything that a key of an answer begins with, in either tier. */
export function versionKey(version: CacheVersion): string {
  return `${version.scope}:${version.epoch}:${version.generation}:${version.value}`;
}
