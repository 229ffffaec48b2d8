import { isUtf8 } from 'node:buffer';
import { decode, familyOf } from '@harvest/contracts';
import type { Decoded, HarvestEvent, LogRecord, TopicFamily } from '@harvest/contracts';
import { HarvestError } from '@harvest/kernel';
import type { Offset } from '@harvest/kernel';
import { looksLikeFraction } from '../definitions/discovery.v1.projection';
import type { Fact } from '../definitions/definition';
import { leanEvent } from './lean-event';
import { factFingerprint } from './fact-fingerprint';

/** Why a record that decodes well can never be projected. */
export interface Poison {
  readonly code: string;
  readonly path: string;
  readonly reason: string;
  readonly projection: string;
}

/** Consecutive records of one partition, decoded. Arrays run in parallel. */
export interface DecodedRecords {
  readonly topic: string;
  readonly partition: number;
  readonly family: TopicFamily;
  readonly records: readonly LogRecord[];
  /** What is to be projected; null: ignored or poison. */
  readonly facts: readonly (Fact | null)[];
  readonly poisons: ReadonlyMap<Offset, Poison>;
  /** Score events that look like 0–1 where 0–100 is meant. */
  readonly suspiciousScores: number;
}

/** Families with read models; the others' events are decoded, counted and passed over. */
export const PROJECTION_OF: Readonly<Record<TopicFamily, 'discovery' | 'ingestion' | null>> = {
  artifacts: 'discovery',
  scores: 'discovery',
  ingestions: 'ingestion',
  relationships: null,
  entities: null,
  topics: null,
};

export interface DecodingPlace {
  readonly topic: string;
  readonly partition: number;
  readonly prefix: string;
}

/** About a millisecond and a half of decoding. */
const RECORDS_AT_ONCE = 256;

/**
 * As `decodeRecords`, some at a time: in between the thread takes what sockets have brought, so that no transaction waits for the
 * whole of the next one to be decoded. Null when `isWanted` no longer holds.
 */
export async function decodeRecordsSoon(
  place: DecodingPlace,
  records: readonly LogRecord[],
  isWanted: () => boolean,
): Promise<DecodedRecords | null> {
  const parts: DecodedRecords[] = [];
  for (let from = 0; from < records.length; from += RECORDS_AT_ONCE) {
    if (from > 0) await nextTurn();
    if (!isWanted()) return null;
    parts.push(decodeRecords(place, records.slice(from, from + RECORDS_AT_ONCE)));
  }
  return parts.length === 1 ? (parts[0] as DecodedRecords) : { ...decodeRecords(place, []), records, ...joined(parts) };
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function joined(parts: readonly DecodedRecords[]): Pick<DecodedRecords, 'facts' | 'poisons' | 'suspiciousScores'> {
  return {
    facts: parts.flatMap(({ facts }) => facts),
    poisons: new Map(parts.flatMap(({ poisons }) => [...poisons])),
    suspiciousScores: parts.reduce((sum, part) => sum + part.suspiciousScores, 0),
  };
}

/** Decodes all; never throws for data. @throws HarvestError `topic-unknown` for a topic that is none of ours. */
export function decodeRecords(place: DecodingPlace, records: readonly LogRecord[]): DecodedRecords {
  const { topic, partition, prefix } = place;
  const family = familyOf(prefix, topic);
  if (family === null) throw new HarvestError({ code: 'topic-unknown', message: `${topic} carries no events of the prefix ${prefix}` });
  const facts: (Fact | null)[] = [];
  const poisons = new Map<Offset, Poison>();
  let suspiciousScores = 0;
  for (const record of records) {
    // A packed record makes its parts anew each time it is asked for one.
    const { key, value, headers } = record;
    const decoded = decode({ key, value, headers }, { family });
    if (decoded.kind === 'rejected') poisons.set(record.offset, poisonOf(decoded));
    const fact = factOf(decoded, { record, value }, { partition, family });
    if (fact !== null && isSuspicious(fact)) suspiciousScores += 1;
    facts.push(fact);
  }
  return { topic, partition, family, records, facts, poisons, suspiciousScores };
}

interface FactRecord {
  readonly record: LogRecord;
  readonly value: Buffer | null;
}

const poisonOf = ({ code, path, reason }: Extract<Decoded, { kind: 'rejected' }>): Poison => ({ code, path, reason, projection: 'decode' });

function factOf(decoded: Decoded, { record, value }: FactRecord, place: { partition: number; family: TopicFamily }): Fact | null {
  if (decoded.kind === 'rejected' || decoded.kind === 'ignored' || PROJECTION_OF[place.family] === null) return null;
  const { offset, timestampMs } = record;
  const fingerprint = decoded.kind === 'event' && value !== null ? fingerprintOf(decoded, place.partition, value) : null;
  const event = decoded.kind === 'event' ? leanEvent(decoded, record) : decoded;
  return { event, partition: place.partition, offset, timestampMs, fingerprint };
}

/** Only what has a stored counterpart to be compared with. */
function fingerprintOf(event: HarvestEvent, partition: number, value: Buffer): bigint | null {
  if (event.type === 'artifact.retracted' || event.type.startsWith('ingestion.')) return null;
  return factFingerprint(value, { type: event.type, sequence: event.envelope.sequence, partition });
}

function isSuspicious({ event }: Fact): boolean {
  return event.kind === 'event' && event.type === 'score.computed' && looksLikeFraction(event.payload);
}

/** The records [from, to) of these. */
export function sliceRecords(decoded: DecodedRecords, from: number, to: number): DecodedRecords {
  const records = decoded.records.slice(from, to);
  const poisons = new Map([...decoded.poisons].filter(([offset]) => records.some((record) => record.offset === offset)));
  return { ...decoded, records, facts: decoded.facts.slice(from, to), poisons, suspiciousScores: 0 };
}

/** The same records, none of which can be projected. */
export function poisonAll(decoded: DecodedRecords, poison: Poison): DecodedRecords {
  const poisons = new Map(decoded.records.map((record) => [record.offset, decoded.poisons.get(record.offset) ?? poison]));
  return { ...decoded, facts: decoded.facts.map(() => null), poisons };
}

/** Of a key in bytes; what is longer is no id. */
const MAX_KEY_BYTES = 512;

/** Whether the key can be parked: legible, and no longer than an id may be. */
export function isLegibleKey(key: Buffer | null): key is Buffer {
  return key !== null && key.length > 0 && key.length <= MAX_KEY_BYTES && isUtf8(key);
}
