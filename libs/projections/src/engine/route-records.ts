import type { LogRecord } from '@harvest/contracts';
import type { ChunkPlan, DeadLetterToStore } from '@harvest/read-models';
import type { Fact } from '../definitions/definition';
import { isLegibleKey, PROJECTION_OF } from './decoded-records';
import type { DecodedRecords, Poison } from './decoded-records';

/** What to do with later events of a poisoned key: let them wait (`park`), or go on without the poison (`skip`). */
export type OnPoison = 'park' | 'skip';

export interface Routing {
  readonly onPoison: OnPoison;
  readonly parkedKeys: ReadonlySet<string>;
  /** Poisons that a correction tells every reader to skip. */
  readonly skipped: ReadonlySet<bigint>;
}

export type Routed = Pick<ChunkPlan, 'deadLetters' | 'newlyParked' | 'ignored'> & { readonly facts: readonly Fact[] };

/** Every record goes exactly one way: to be projected, ignored, waiting behind its key's poison, or a poison itself. */
export function routeRecords(decoded: DecodedRecords, routing: Routing): Routed {
  if (routing.parkedKeys.size === 0 && decoded.poisons.size === 0) return routeAllWell(decoded);
  const router = new RecordRouter(decoded, routing);
  decoded.records.forEach((record, index) => router.route(record, decoded.facts[index] ?? null));
  return router;
}

function routeAllWell(decoded: DecodedRecords): Routed {
  const facts = decoded.facts.filter((fact) => fact !== null);
  return { facts, deadLetters: [], newlyParked: [], ignored: decoded.records.length - facts.length };
}

class RecordRouter implements Routed {
  readonly facts: Fact[] = [];
  readonly deadLetters: DeadLetterToStore[] = [];
  readonly newlyParked: string[] = [];
  ignored = 0;
  private readonly parked: Set<string>;

  constructor(
    private readonly decoded: DecodedRecords,
    private readonly routing: Routing,
  ) {
    this.parked = new Set(routing.parkedKeys);
  }

  route(record: LogRecord, fact: Fact | null): void {
    const poison = this.decoded.poisons.get(record.offset);
    if (this.routing.skipped.has(record.offset)) this.ignored += 1;
    else if (poison !== undefined) this.setAside(record, poison);
    else if (this.isParked(record)) this.deadLetters.push(asWaiting(record, this.decoded));
    else if (fact === null) this.ignored += 1;
    else this.facts.push(fact);
  }

  private isParked({ key }: LogRecord): boolean {
    return this.parked.size > 0 && key !== null && this.parked.has(key.toString('base64'));
  }

  private setAside(record: LogRecord, poison: Poison): void {
    this.deadLetters.push(asPoison(record, poison));
    if (this.routing.onPoison === 'skip' || !isLegibleKey(record.key) || this.isParked(record)) return;
    const key = record.key.toString('base64');
    this.parked.add(key);
    this.newlyParked.push(key);
  }
}

function asPoison(record: LogRecord, poison: Poison): DeadLetterToStore {
  return { ...bytesOf(record), kind: 'poison', ...poison };
}

function asWaiting(record: LogRecord, decoded: DecodedRecords): DeadLetterToStore {
  const projection = PROJECTION_OF[decoded.family] ?? 'decode';
  return { ...bytesOf(record), kind: 'waiting', code: 'key-parked', path: 'key', reason: 'its key waits behind a dead letter', projection };
}

const bytesOf = ({ offset, key, value, headers, timestampMs }: LogRecord) => ({ offset, key, value, headers, timestampMs });
