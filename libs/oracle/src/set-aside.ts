import type { LogRecord, TopicPartition } from '@harvest/contracts';
import { MAX_ID_BYTES } from '@harvest/contracts';
import type { SnapshotToVerify } from './snapshot';

/** A record that did not end as the rules say. */
export interface Finding extends TopicPartition {
  readonly offset: bigint;
  readonly kind: 'poison-not-set-aside' | 'waits-behind-nothing' | 'applied-past-poison' | 'set-aside-outside-log';
}

type Kind = 'poison' | 'waiting';
const MAX_FINDINGS = 1000;
const placeOf = ({ topic, partition }: TopicPartition, offset: bigint) => `${topic}/${partition}@${offset}`;
const keyIn = ({ topic, partition }: TopicPartition, key: Buffer) => `${topic}/${partition}/${key.toString('base64')}`;

/** Dead letters may not serve as an excuse: what stands there must be poison, or wait behind one, and nothing else may be missing. */
export class SetAside {
  readonly findings: Finding[] = [];
  private readonly kinds = new Map<string, Kind>();
  /** Keys that had a poison, whatever became of it since. */
  private readonly everPoisoned = new Set<string>();
  /** Keys behind a poison that still stands. */
  private readonly parked = new Set<string>();

  constructor(setAside: SnapshotToVerify['setAside']) {
    for (const { topic, partition, offset, kind } of setAside) this.kinds.set(placeOf({ topic, partition }, offset), kind);
  }

  /** A record that a correction tells every reader to pass over: its key goes on, but what waited behind it may still wait. */
  passSkipped(from: TopicPartition, record: LogRecord): void {
    this.kinds.delete(placeOf(from, record.offset));
    if (record.key !== null) this.everPoisoned.add(keyIn(from, record.key));
  }

  /** @returns whether the record is in no row because it stands in the dead letters */
  judge(from: TopicPartition, record: LogRecord, { isRejected, parks }: { isRejected: boolean; parks: boolean }): boolean {
    const place = placeOf(from, record.offset);
    const kind = this.kinds.get(place);
    this.kinds.delete(place);
    const key = record.key !== null && record.key.length <= MAX_ID_BYTES ? keyIn(from, record.key) : null;
    const finding = isRejected ? this.judgePoison(kind) : this.judgeGood(kind, key);
    if (finding !== null) this.report(from, record.offset, finding);
    if (key !== null && (kind === 'poison' || isRejected)) this.poison(key, parks);
    return kind !== undefined;
  }

  private judgePoison(kind: Kind | undefined): Finding['kind'] | null {
    return kind === undefined ? 'poison-not-set-aside' : null;
  }

  /** A good record may be set aside as poison: the store could not take it. */
  private judgeGood(kind: Kind | undefined, key: string | null): Finding['kind'] | null {
    if (kind === 'waiting') return key !== null && this.everPoisoned.has(key) ? null : 'waits-behind-nothing';
    return kind === undefined && key !== null && this.parked.has(key) ? 'applied-past-poison' : null;
  }

  private poison(key: string, parks: boolean): void {
    this.everPoisoned.add(key);
    if (parks) this.parked.add(key);
  }

  /** What stands in the dead letters and was not met in the log up to the checkpoints. */
  finish(): void {
    for (const place of this.kinds.keys()) {
      const [, topic = '', partition, offset = 0] = /^(.*)\/(\d+)@(\d+)$/.exec(place) ?? [];
      this.report({ topic, partition: Number(partition) }, BigInt(offset), 'set-aside-outside-log');
    }
  }

  private report(from: TopicPartition, offset: bigint, kind: Finding['kind']): void {
    const { topic, partition } = from;
    if (this.findings.length < MAX_FINDINGS) this.findings.push({ topic, partition, offset, kind });
  }
}
