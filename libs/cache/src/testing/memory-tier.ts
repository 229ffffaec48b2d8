import type { CachedAnswer } from '@harvest/read-models';
import { type CacheVersion, versionKey } from '../freshness-view';
import type { Found, LookUp, SecondTier, SecondTierStats } from '../second-tier';

/** The second tier's rules in memory, every operation held until `step` lets one happen: any delay, any order between processes. */
export class MemoryTier implements SecondTier {
  readonly entries = new Map<string, { version: CacheVersion; answer: CachedAnswer }>();
  private readonly counters = new Map<string, bigint>();
  private readonly leases = new Map<string, string>();
  private readonly waiting: (() => void)[] = [];
  private tokens = 0;
  down = false;

  /** Lets one waiting operation happen, chosen by `pick` in [0, 1). */
  step(pick: number): void {
    const [operation] = this.waiting.splice(Math.floor(pick * this.waiting.length), 1);
    operation?.();
  }

  get pending(): number {
    return this.waiting.length;
  }

  /** What a dead process's leases come to. */
  expireLeases(): void {
    this.leases.clear();
  }

  flush(): void {
    this.entries.clear();
    this.counters.clear();
    this.leases.clear();
  }

  findOrLease(lookUp: LookUp): Promise<Found> {
    return this.later<Found>({ kind: 'unavailable' }, () => {
      const entry = this.entries.get(nameOf(lookUp));
      if (entry) return { kind: 'found', answer: entry.answer };
      if (this.leases.has(nameOf(lookUp))) return { kind: 'busy' };
      const token = `t${++this.tokens}`;
      this.leases.set(nameOf(lookUp), token);
      return { kind: 'leased', token };
    });
  }

  store(lookUp: LookUp, kept: { answer: CachedAnswer; token: string | null }): Promise<void> {
    return this.later(undefined, () => {
      if (kept.token && this.leases.get(nameOf(lookUp)) === kept.token) this.leases.delete(nameOf(lookUp));
      if ((this.counters.get(counterKey(lookUp.version)) ?? 0n) > lookUp.version.value) return;
      this.raise(lookUp.version);
      this.entries.set(nameOf(lookUp), { version: lookUp.version, answer: kept.answer });
    });
  }

  release(lookUp: LookUp, token: string): Promise<void> {
    return this.later(undefined, () => {
      if (this.leases.get(nameOf(lookUp)) === token) this.leases.delete(nameOf(lookUp));
    });
  }

  tell(version: CacheVersion): Promise<void> {
    return this.later(undefined, () => this.raise(version));
  }

  stats(): SecondTierStats {
    return { requests: 0, hits: 0, misses: 0, unavailable: 0, errors: 0, stored: 0, refused: 0, breaker: 'closed' };
  }

  size(): Promise<null> {
    return Promise.resolve(null);
  }

  start(): void {}

  stop(): Promise<void> {
    return Promise.resolve();
  }

  private raise(version: CacheVersion): void {
    const known = this.counters.get(counterKey(version)) ?? 0n;
    if (version.value > known) this.counters.set(counterKey(version), version.value);
  }

  private later<T>(whenDown: T, operate: () => T): Promise<T> {
    return new Promise((resolve) => this.waiting.push(() => resolve(this.down ? whenDown : operate())));
  }
}

function nameOf({ version, key }: LookUp): string {
  return `${versionKey(version)}:${key}`;
}

function counterKey(version: CacheVersion): string {
  return `${version.scope}:${version.epoch}`;
}
