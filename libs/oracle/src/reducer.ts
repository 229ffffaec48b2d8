import { decode, familyOf } from '@harvest/contracts';
import type { Decoded, HarvestEvent, LogRecord, Tombstone, TopicFamily, TopicPartition } from '@harvest/contracts';
import { HarvestError } from '@harvest/kernel';
import { Artifact, type Outcome } from './artifact';
import { Ingestion } from './ingestion';
import { remember } from './provenance';
import { SetAside, type Finding } from './set-aside';
import type { SnapshotToVerify } from './snapshot';

export type RecordEnd = Outcome | 'ignored' | 'skipped' | 'set-aside';

export interface ReducerOptions {
  readonly topicPrefix: string;
  /** What happens to later events of a key whose record can never succeed. Default: they wait. */
  readonly onPoison?: (family: TopicFamily) => 'park' | 'skip';
}

/** Log records → the state of every subject. Records of one partition come in order; partitions in any order. */
export class Reducer {
  readonly artifacts = new Map<string, Artifact>();
  readonly ingestions = new Map<string, Ingestion>();
  readonly ends: Record<RecordEnd, number> = {
    projected: 0,
    superseded: 0,
    'sequence-missing': 0,
    ignored: 0,
    skipped: 0,
    'set-aside': 0,
  };
  private readonly corrections: ReadonlyMap<string, Buffer | null>;
  private readonly setAside: SetAside;
  private readonly partitionOfKey = new Map<string, number>();
  /** Subjects whose order of arrival no replay can know. */
  readonly conflictingArtifacts = new Set<string>();
  readonly conflictingIngestions = new Set<string>();

  constructor(
    private readonly options: ReducerOptions,
    snapshot: Pick<SnapshotToVerify, 'corrections' | 'setAside' | 'conflictingKeys'>,
  ) {
    this.corrections = new Map(snapshot.corrections.map((correction) => [placeOf(correction, correction.offset), correction.value]));
    this.setAside = new SetAside(snapshot.setAside);
    for (const { topic, key } of snapshot.conflictingKeys) this.markConflict(this.familyOf(topic), key);
  }

  /** After the last record. @returns what did not end as the rules say */
  finish(): readonly Finding[] {
    this.setAside.finish();
    return this.setAside.findings;
  }

  add(from: TopicPartition, record: LogRecord): void {
    this.ends[this.take(from, record)] += 1;
  }

  private take(from: TopicPartition, record: LogRecord): RecordEnd {
    const family = this.familyOf(from.topic);
    const correction = this.corrections.get(placeOf(from, record.offset));
    if (correction === null) {
      this.setAside.passSkipped(from, record);
      return 'skipped';
    }
    const { key, value, headers } = record;
    const decoded = decode({ key, value: correction === undefined ? value : correction, headers }, { family });
    const parks = (this.options.onPoison?.(family) ?? 'park') === 'park';
    if (this.setAside.judge(from, record, { isRejected: decoded.kind === 'rejected', parks })) return 'set-aside';
    return this.project(from, record, decoded);
  }

  private project(from: TopicPartition, record: LogRecord, decoded: Decoded): RecordEnd {
    if (decoded.kind === 'ignored' || decoded.kind === 'rejected') return 'ignored';
    const family = this.familyOf(from.topic);
    if (family !== 'artifacts' && family !== 'scores' && family !== 'ingestions') return 'ignored';
    this.watchPartition(from, family, decoded.subject);
    const subject = this.subjectOf(family, decoded.subject);
    const type = decoded.kind === 'tombstone' ? 'tombstone' : decoded.type;
    remember(subject.events, { topic: from.topic, partition: from.partition, offset: record.offset, type });
    return applyTo(subject, decoded, record.timestampMs);
  }

  private subjectOf(family: TopicFamily, id: string): Artifact | Ingestion {
    if (family === 'ingestions') return found(this.ingestions, id, () => new Ingestion(id));
    return found(this.artifacts, id, () => new Artifact(id));
  }

  private watchPartition(from: TopicPartition, family: TopicFamily, key: string): void {
    const place = `${family} ${key}`;
    const known = this.partitionOfKey.get(place);
    if (known === undefined) this.partitionOfKey.set(place, from.partition);
    else if (known !== from.partition) this.markConflict(family, key);
  }

  private markConflict(family: TopicFamily, key: string): void {
    (family === 'ingestions' ? this.conflictingIngestions : this.conflictingArtifacts).add(key);
  }

  private familyOf(topic: string): TopicFamily {
    const family = familyOf(this.options.topicPrefix, topic);
    if (family !== null) return family;
    throw new HarvestError({
      code: 'topic-unknown',
      message: `the checkpoints name topic ${topic}, which carries no events under the prefix '${this.options.topicPrefix}'; check TOPIC_PREFIX`,
    });
  }
}

function applyTo(subject: Artifact | Ingestion, event: HarvestEvent | Tombstone, timestampMs: number): Outcome {
  if (subject instanceof Artifact) return subject.apply(event, timestampMs);
  if (event.kind === 'tombstone') throw new TypeError('ingestions have no tombstones');
  return subject.apply(event, timestampMs);
}

function found<V>(map: Map<string, V>, key: string, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

const placeOf = ({ topic, partition }: TopicPartition, offset: bigint) => `${topic}/${partition}@${offset}`;
