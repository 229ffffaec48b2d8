import type { EventType, PayloadOf, RecordToAppend } from '@harvest/contracts';
import { encodeEvent, encodeTombstone, topicName } from '@harvest/contracts';

/** A seeded stream of numbers in [0, 1): the same seed, the same stream. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Artifacts of this source are observed once, scored once and never changed: its total can only grow. */
export const INSERT_ONLY = 'insert-only';

export type Kind = 'fact' | 'poison' | 'waiting';
export interface Fed {
  readonly kind: Kind;
  readonly type: EventType | null;
  readonly record: RecordToAppend;
}

interface Known {
  readonly id: string;
  readonly source: string;
  version: number;
  readonly sequenced: boolean;
}

/** What is set aside belongs to an ingestion of its own: all others must end as complete, without rejections. */
const SET_ASIDE = 'set-aside';

/** Bytes that no decoder takes; each kind is another reason. */
const POISONS: readonly Buffer[] = [
  Buffer.from('{"artifactId":'),
  Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
  Buffer.from(String.raw`{"artifactId":"x","title":"\u0000"}`),
  Buffer.from('{"a":1,"a":2}'),
  Buffer.from('[1e999]'),
];

const SOURCES = ['github', 'reddit', 'arxiv'] as const;

/**
 * The mix. Parts of one event agree with each other by rule, so that a row made of two events' parts is recognised: `title` ends with
 * the version that stands in `metrics.version`, and the four scores follow from the first.
 */
export class Workload {
  insertOnly = 0;
  poisons = 0;
  private events = 0;
  private readonly random: () => number;
  private readonly known: Known[] = [];
  private last: Fed | null = null;

  constructor(
    private readonly topicPrefix: string,
    seed: number,
  ) {
    this.random = seededRandom(seed);
  }

  /** At least `count` events, in the order they are to be appended. */
  next(count: number, ingestionId: string): Fed[] {
    const fed: Fed[] = [];
    while (fed.length < count) fed.push(...this.some(ingestionId));
    this.last = fed.at(-1) ?? this.last;
    return fed;
  }

  private some(ingestionId: string): Fed[] {
    const steps: readonly (readonly [number, () => Fed[]])[] = [
      [0.2, () => this.newInsertOnly(ingestionId)],
      [0.33, () => this.newChanging(ingestionId)],
      [0.3305, () => this.poison()],
      [0.331, () => this.waiting()],
      [0.55, () => [this.observed(this.any(), ingestionId)]],
      [0.8, () => [this.scored(this.any().id, ingestionId)]],
      [0.9, () => [this.classified(this.any(), ingestionId)]],
      [0.92, () => [this.fact('artifact.retracted', { artifactId: this.any().id, reason: 'withdrawn' }, { ingestionId })]],
      [0.93, () => [{ kind: 'fact', type: null, record: encodeTombstone(this.any().id, { topicPrefix: this.topicPrefix }) }]],
      [1, () => this.again()],
    ];
    const drawn = this.random();
    return steps.find(([limit]) => drawn < limit)?.[1]() ?? [];
  }

  private newInsertOnly(ingestionId: string): Fed[] {
    const id = `io:${this.insertOnly}`;
    this.insertOnly += 1;
    return [this.observed({ id, source: INSERT_ONLY, version: 0, sequenced: false }, ingestionId), this.scored(id, ingestionId)];
  }

  private newChanging(ingestionId: string): Fed[] {
    const source = SOURCES[Math.floor(this.random() * SOURCES.length)] ?? 'github';
    const artifact: Known = { id: `ch:${this.known.length}`, source, version: 0, sequenced: this.random() < 0.3 };
    this.known.push(artifact);
    return [this.observed(artifact, ingestionId)];
  }

  private any(): Known {
    if (this.known.length === 0) this.newChanging('first');
    // Half of it falls on the newest hundred: hot keys.
    const span = this.random() < 0.5 ? Math.min(100, this.known.length) : this.known.length;
    return this.known[this.known.length - 1 - Math.floor(this.random() * span)] as Known;
  }

  private observed(artifact: Known, ingestionId: string): Fed {
    artifact.version += 1;
    // One in ten comes late: its sequence is below what was sent before.
    const late = this.random() < 0.1 ? 2 : 0;
    const version = Math.max(1, artifact.version - late);
    const payload: PayloadOf<'artifact.observed'> = {
      artifactId: artifact.id,
      source: artifact.source,
      artifactType: artifact.source === 'github' ? 'repository' : 'paper',
      title: `${artifact.id} as of ${version}`,
      publishedAt: `2026-0${1 + (artifact.id.length % 9)}-1${Math.floor(this.random() * 10)}`,
      metrics: { version },
    };
    return this.fact('artifact.observed', payload, { ingestionId, ...(artifact.sequenced ? { sequence: BigInt(version) } : {}) });
  }

  private scored(artifactId: string, ingestionId: string): Fed {
    const base = Math.floor(this.random() * 2500) * 400;
    const payload: PayloadOf<'score.computed'> = {
      artifactId,
      discoveryScore: base / 10_000,
      novelty: (1_000_000 - base) / 10_000,
      emergence: base / 20_000,
      obscurity: base / 40_000,
      computedAt: '2026-11-25T00:00:00Z',
      model: 'integrity',
    };
    return this.fact('score.computed', payload, { ingestionId });
  }

  private classified({ id }: Known, ingestionId: string): Fed {
    const urgency = Math.floor(this.random() * 4);
    return this.fact('artifact.classified', { artifactId: id, category: `c${urgency}`, urgency, tags: [`t${urgency}`] }, { ingestionId });
  }

  private again(): Fed[] {
    return this.last === null || this.last.kind !== 'fact' ? [] : [this.last];
  }

  private poison(): Fed[] {
    const key = Buffer.from(`poison:${this.poisons}`);
    const value = POISONS[this.poisons % POISONS.length] as Buffer;
    this.poisons += 1;
    const { record } = this.fact(
      'artifact.observed',
      { artifactId: 'x', source: 'x', artifactType: 'paper', title: 'x' },
      { ingestionId: SET_ASIDE },
    );
    const headers = { ...record.headers, ce_subject: key };
    return [{ kind: 'poison', type: null, record: { topic: topicName(this.topicPrefix, 'artifacts'), key, value, headers } }];
  }

  /** A good event of a key whose first one was poison: it waits. */
  private waiting(): Fed[] {
    if (this.poisons === 0) return [];
    const artifactId = `poison:${Math.floor(this.random() * this.poisons)}`;
    return [
      {
        ...this.fact('artifact.observed', { artifactId, source: 'x', artifactType: 'paper', title: 'waits' }, { ingestionId: SET_ASIDE }),
        kind: 'waiting',
      },
    ];
  }

  private fact<T extends EventType>(type: T, payload: PayloadOf<T>, around: { ingestionId?: string; sequence?: bigint }): Fed {
    this.events += 1;
    const event = { type, payload, id: `e${this.events}`, source: 'integrity', ...around };
    return { kind: 'fact', type, record: encodeEvent(event, { topicPrefix: this.topicPrefix }) };
  }
}
