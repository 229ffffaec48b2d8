import { LRUCache } from 'lru-cache';
import type { CachedAnswer, CacheScope } from '@harvest/read-models';
import { Doorkeeper } from './doorkeeper';
import type { CacheVersion } from './freshness-view';

export interface Entry {
  readonly version: CacheVersion;
  readonly answer: CachedAnswer;
  /** A backstop by this process's clock; counters do the real work. */
  readonly expiresMs: number;
}

/** What the objects around an answer cost, roughly: entry, answer, buffer header, list node. */
const OVERHEAD_BYTES = 400;
/** One answer may not push out everything else. */
const MAX_SHARE = 4;

function sizeOf(entry: Entry, key: string): number {
  return entry.answer.body.length + key.length * 2 + entry.answer.position.length + OVERHEAD_BYTES;
}

function isDead(entry: Entry, { version }: Entry, nowMs: number): boolean {
  return entry.expiresMs <= nowMs || (entry.version !== version && entry.version.scope === version.scope);
}

/**
 * A buffer cut out of a larger one (Node's pool of 64 kB, a read of a socket) keeps all of that alive: 22 kB would cost 64, counted as
 * 22. What stays is copied into memory of its own.
 */
function ownBytes(body: Buffer): Buffer {
  if (body.buffer.byteLength === body.length) return body;
  const own = Buffer.allocUnsafeSlow(body.length);
  body.copy(own);
  return own;
}

/**
 * The process's own tier: bounded by bytes, least recently used goes first. One entry per key, whatever its version: an entry of
 * another version is dead, or the stale one to serve while a refill runs.
 *
 * When it is full, what is asked for the first time does not push out what still lives: a crawler that walks every page would empty it
 * of what people ask for, and each answer that goes is garbage of the old generation.
 */
export class FirstTier {
  private readonly entries: LRUCache<string, Entry>;
  private readonly doorkeeper = new Doorkeeper();
  evictions = 0;
  turnedAway = 0;

  constructor(readonly maxBytes: number) {
    this.entries = new LRUCache<string, Entry>({
      maxSize: maxBytes,
      maxEntrySize: Math.max(1, Math.floor(maxBytes / MAX_SHARE)),
      sizeCalculation: sizeOf,
      dispose: (_entry, _key, reason) => {
        if (reason === 'evict') this.evictions += 1;
      },
    });
  }

  find(key: string): Entry | undefined {
    return this.entries.get(key);
  }

  put(key: string, entry: Entry, nowMs: number): void {
    if (!this.admits(key, entry, nowMs)) {
      this.turnedAway += 1;
      return;
    }
    this.entries.set(key, { ...entry, answer: { ...entry.answer, body: ownBytes(entry.answer.body) } });
  }

  private admits(key: string, entry: Entry, nowMs: number): boolean {
    if (this.entries.has(key) || this.bytes() + sizeOf(entry, key) <= this.maxBytes) return true;
    const oldest = this.entries.rvalues().next().value as Entry | undefined;
    return oldest === undefined || isDead(oldest, entry, nowMs) || this.doorkeeper.knock(key);
  }

  drop(key: string): void {
    this.entries.delete(key);
  }

  /** Returns how many entries went. */
  clear(): number {
    const { size } = this.entries;
    this.entries.clear();
    return size;
  }

  /** How many entries are not what `isDead` says; walks all of them, for statistics only. */
  countAlive(isDead: (entry: Entry) => boolean): number {
    let alive = 0;
    for (const entry of this.entries.values()) if (!isDead(entry)) alive += 1;
    return alive;
  }

  /** Drops what `isDead` says; returns entries and bytes freed. */
  removeDead(isDead: (entry: Entry) => boolean): { entries: number; bytes: number } {
    const before = { entries: this.entries.size, bytes: this.bytes() };
    const dead: string[] = [];
    for (const [key, entry] of this.entries.entries()) if (isDead(entry)) dead.push(key);
    for (const key of dead) this.entries.delete(key);
    return { entries: before.entries - this.entries.size, bytes: before.bytes - this.bytes() };
  }

  size(): number {
    return this.entries.size;
  }

  bytes(): number {
    return this.entries.calculatedSize;
  }

  /** Entries and body bytes of one scope; walks all entries, for statistics only. */
  sizeOf(scope: CacheScope): { entries: number; bytes: number } {
    let entries = 0;
    let bytes = 0;
    for (const entry of this.entries.values()) {
      if (entry.version.scope !== scope) continue;
      entries += 1;
      bytes += entry.answer.body.length;
    }
    return { entries, bytes };
  }
}
