import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '@harvest/kernel';
import type { CachedAnswer } from '@harvest/read-models';
import { decodeEntry, encodeEntry } from './entry-codec';
import { type CacheVersion, versionKey } from './freshness-view';
import type { RedisLink } from './redis-link';
import { FIND_OR_LEASE, RELEASE, STORE, TELL } from './redis-scripts';
import type { Found, LookUp, SecondTier, SecondTierStats } from './second-tier';

const LONGEST_PLAIN_KEY = 200;

export interface RedisTierOptions {
  readonly keyPrefix: string;
  readonly leaseMs: number;
  readonly clock: Clock;
}

/** The fleet's tier on Redis: answers under versioned keys, a lease per answer, a copy of each counter. */
export class RedisTier implements SecondTier {
  private hits = 0;
  private misses = 0;
  private missing = 0;
  private stored = 0;
  private refused = 0;

  constructor(
    private readonly link: RedisLink,
    private readonly options: RedisTierOptions,
  ) {}

  async findOrLease(lookUp: LookUp): Promise<Found> {
    const token = randomBytes(9).toString('base64');
    const keys = [this.entryKey(lookUp), this.leaseKey(lookUp)];
    const reply = (await this.link.run(FIND_OR_LEASE, keys, [token, this.options.leaseMs])) as [Buffer, number] | null;
    if (!reply) {
      this.missing += 1;
      return { kind: 'unavailable' };
    }
    if (reply[0].length === 0) {
      this.misses += 1;
      return reply[1] === 1 ? { kind: 'leased', token } : { kind: 'busy' };
    }
    const answer = decodeEntry(reply[0], reply[1], this.options.clock.nowMs());
    if (answer) this.hits += 1;
    else this.misses += 1;
    return answer ? { kind: 'found', answer } : { kind: 'unavailable' };
  }

  async store(lookUp: LookUp, kept: { answer: CachedAnswer; ttlMs: number; token: string | null }): Promise<void> {
    const keys = [this.counterKey(lookUp.version), this.entryKey(lookUp), this.leaseKey(lookUp)];
    const entry = encodeEntry(kept.answer, kept.ttlMs);
    const reply = await this.link.run(STORE, keys, [lookUp.version.value.toString(), entry, kept.ttlMs, kept.token ?? '']);
    if (reply === 1) this.stored += 1;
    if (reply === 0) this.refused += 1;
  }

  async release(lookUp: LookUp, token: string): Promise<void> {
    await this.link.run(RELEASE, [this.leaseKey(lookUp)], [token]);
  }

  async tell(version: CacheVersion): Promise<void> {
    await this.link.run(TELL, [this.counterKey(version)], [version.value.toString()]);
  }

  stats(): SecondTierStats {
    return {
      requests: this.hits + this.misses + this.missing,
      hits: this.hits,
      misses: this.misses,
      unavailable: this.missing,
      errors: this.link.errors,
      stored: this.stored,
      refused: this.refused,
      breaker: this.link.breakerState,
    };
  }

  size(): Promise<{ keys: number; bytes: number } | null> {
    return this.link.size();
  }

  start(): void {
    this.link.start();
  }

  stop(): Promise<void> {
    return this.link.stop();
  }

  /** The counter's key bears its epoch: values of two epochs, or of two databases sharing a Redis, never meet. */
  private counterKey({ scope, epoch }: CacheVersion): string {
    return `${this.options.keyPrefix}{${scope}}:counter:${epoch}`;
  }

  private entryKey(lookUp: LookUp): string {
    return `${this.options.keyPrefix}{${lookUp.version.scope}}:answer:${nameOf(lookUp)}`;
  }

  private leaseKey(lookUp: LookUp): string {
    return `${this.options.keyPrefix}{${lookUp.version.scope}}:lease:${nameOf(lookUp)}`;
  }
}

function nameOf({ version, key }: LookUp): string {
  const short = key.length <= LONGEST_PLAIN_KEY ? key : createHash('sha256').update(key).digest('base64url');
  return `${versionKey(version)}:${short}`;
}
