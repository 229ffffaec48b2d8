import { hash } from 'node:crypto';
import { toOffset } from '@harvest/kernel';
import {
  NEW_HALF,
  NO_BELONGINGS,
  type ArtifactBatch,
  type ArtifactMemberships,
  type ArtifactRows,
  type Belongings,
  type Chunk,
  type ChunkPlan,
  type CountDelta,
  type DeadLetterToStore,
  type DiscoveryRow,
  type Evolved,
  type GenerationRef,
  type IngestionRow,
  type MembershipChanges,
} from '@harvest/read-models';
import { compareUtf8 } from '@harvest/kernel';

/**
 * The simplest planner that keeps the port's promises, for tests of the store alone: an artifact's half is its title, a score's half
 * its value; the later event wins.
 */
export interface HandEvent {
  readonly id: string;
  readonly title?: string;
  readonly score?: number;
  readonly source?: string;
  /** Their names; only beside a title. */
  readonly topics?: readonly string[];
  readonly authors?: readonly string[];
  /** A record that can never succeed. */
  readonly poison?: boolean;
}

export interface HandChunk {
  readonly generation: GenerationRef;
  readonly topic: string;
  readonly partition: number;
  readonly epoch: bigint;
  readonly fromOffset: bigint;
  readonly events: readonly HandEvent[];
}

const ALIVE = { alive: true, sequenced: false, floor: null };
const EMPTY: Omit<DiscoveryRow, 'artifactId'> = {
  source: null,
  artifactType: null,
  publishedMs: null,
  publishedPrecision: null,
  firstSeenMs: null,
  discoveryScore: null,
  novelty: null,
  emergence: null,
  obscurity: null,
  computedAtMs: null,
  model: null,
  hot: null,
  visible: false,
  observed: NEW_HALF,
  classified: NEW_HALF,
  scored: NEW_HALF,
  artifactPosition: null,
  scorePosition: null,
  observedFacts: null,
  classifiedFacts: null,
  scoreFacts: null,
};
const DAY_MS = 86_400_000;
export const HAND_PUBLISHED_MS = 20_000 * DAY_MS;

function fingerprint(text: string): bigint {
  return hash('sha256', text, 'buffer').readBigInt64BE();
}

/** A chunk of artifacts (events with a title) or of scores, offsets counted from `fromOffset`. */
export function handChunk(spec: HandChunk): Chunk {
  const toOffsetValue = spec.fromOffset + BigInt(spec.events.length);
  const at = (index: number) => toOffset(spec.fromOffset + BigInt(index));
  const keyOf = (event: HandEvent) => Buffer.from(event.id).toString('base64');
  return {
    generation: spec.generation,
    topic: spec.topic,
    partition: spec.partition,
    epoch: spec.epoch,
    fromOffset: toOffset(spec.fromOffset),
    toOffset: toOffset(toOffsetValue),
    lastRecord: { offset: toOffset(toOffsetValue - 1n), hash: 'f'.repeat(16) },
    keys: () => [...new Set(spec.events.map(keyOf))],
    poisonOffsets: spec.events.flatMap((event, index) => (event.poison ? [at(index)] : [])),
    plan: (parked, skipped) => planChunk(spec, parked, skipped),
  };
}

function planChunk(spec: HandChunk, parkedBefore: ReadonlySet<string>, skipped: ReadonlySet<bigint>): ChunkPlan {
  const parked = new Set(parkedBefore);
  const newlyParked: string[] = [];
  const deadLetters: DeadLetterToStore[] = [];
  const good: { event: HandEvent; offset: bigint }[] = [];
  let ignored = 0;
  spec.events.forEach((event, index) => {
    const offset = spec.fromOffset + BigInt(index);
    const key = Buffer.from(event.id).toString('base64');
    if (event.poison && skipped.has(offset)) return void (ignored += 1);
    if (!event.poison && !parked.has(key)) return void good.push({ event, offset });
    deadLetters.push(handDeadLetter(event, offset, parked.has(key) ? 'waiting' : 'poison'));
    if (!parked.has(key)) newlyParked.push(key);
    parked.add(key);
  });
  return { artifacts: handBatch(good, spec.partition), ingestions: null, deadLetters, newlyParked, ignored };
}

export function handDeadLetter(event: HandEvent, offset: bigint, kind: 'poison' | 'waiting'): DeadLetterToStore {
  return {
    offset: toOffset(offset),
    kind,
    key: Buffer.from(event.id),
    value: Buffer.from(JSON.stringify(event)),
    headers: { ce_type: Buffer.from('test') },
    timestampMs: 1_700_000_000_000,
    code: kind === 'poison' ? 'payload-invalid' : 'key-parked',
    path: 'payload',
    reason: 'a test\u0000 says so \ud800',
    projection: 'decode',
  };
}

export function handBatch(events: readonly { event: HandEvent; offset: bigint }[], partition: number): ArtifactBatch | null {
  const bySubject = new Map<string, { event: HandEvent; offset: bigint }[]>();
  for (const item of events) bySubject.set(item.event.id, [...(bySubject.get(item.event.id) ?? []), item]);
  const ids = [...bySubject.keys()].sort(compareUtf8);
  if (ids.length === 0) return null;
  const itemsAt = (index: number) => bySubject.get(ids[index]!)!;
  const isScore = events[0]!.event.score !== undefined;
  return {
    ids,
    facts: ids.map((_id, index) => (itemsAt(index).length === 1 ? factsOf(itemsAt(index)[0]!.event) : null)),
    factsOf: ids.map(() => (isScore ? 'score' : 'observed')),
    recordCounts: ids.map((_id, index) => itemsAt(index).length),
    touchesCards: !isScore,
    fresh: (index) =>
      evolve(itemsAt(index), partition, { discovery: { artifactId: ids[index]!, ...EMPTY }, card: null, belongings: NO_BELONGINGS }),
    evolve: (index, known) => evolve(itemsAt(index), partition, known),
    countDeltas,
    membershipChanges,
  };
}

function factsOf(event: HandEvent): bigint {
  return fingerprint(
    JSON.stringify([event.title ?? null, event.score ?? null, event.source ?? null, event.topics ?? null, event.authors ?? null]),
  );
}

function evolve(items: readonly { event: HandEvent; offset: bigint }[], partition: number, known: ArtifactRows): Evolved<ArtifactRows> {
  const { event, offset } = items.at(-1)!;
  const position = { partition, offset: toOffset(offset) };
  const half = event.score !== undefined ? scoreHalf(event, position) : artifactHalf(event, position);
  const before = event.score !== undefined ? known.discovery.scorePosition : known.discovery.artifactPosition;
  const merged = { ...known.discovery, ...half };
  const visible = merged.observed.alive && merged.scored.alive;
  const hot = visible ? BigInt(Math.round(merged.discoveryScore! * 7 + merged.publishedMs! / 1000)) : null;
  const { card, belongings } = event.title === undefined ? known : cardOf(event);
  const keyInTwoPartitions = before !== null && before.partition !== partition;
  return {
    rows: { discovery: { ...merged, visible, hot }, card, belongings },
    projected: items.length,
    superseded: 0,
    sequenceMissing: 0,
    keyInTwoPartitions,
  };
}

function cardOf({ id, title, topics, authors }: HandEvent): Pick<ArtifactRows, 'card' | 'belongings'> {
  const text = (names: readonly string[] | undefined) => (names === undefined ? '' : JSON.stringify(names));
  const belongings = { topics: text(topics), entities: text(authors) };
  const card = `"artifactId":${JSON.stringify(id)},"title":${JSON.stringify(title)}`;
  return { card: { artifactId: id, card, detail: '', ...belongings }, belongings };
}

function scoreHalf(event: HandEvent, scorePosition: DiscoveryRow['scorePosition']): Partial<DiscoveryRow> {
  const discoveryScore = Math.round(event.score! * 10_000);
  return { discoveryScore, novelty: 1, computedAtMs: 5, model: 'm', scored: ALIVE, scorePosition, scoreFacts: factsOf(event) };
}

function artifactHalf(event: HandEvent, artifactPosition: DiscoveryRow['artifactPosition']): Partial<DiscoveryRow> {
  return {
    source: event.source ?? 'arxiv',
    artifactType: 'paper',
    publishedMs: HAND_PUBLISHED_MS,
    publishedPrecision: 'day',
    firstSeenMs: 1_700_000_000_000,
    observed: ALIVE,
    artifactPosition,
    observedFacts: factsOf(event),
  };
}

function contribution(row: DiscoveryRow, sign: 1 | -1): readonly CountDelta[] {
  if (!row.observed.alive) return [];
  const discoveries = row.visible ? sign : 0;
  const day = Math.floor(row.publishedMs! / DAY_MS);
  return [{ source: row.source!, artifactType: row.artifactType!, day, precision: row.publishedPrecision!, artifacts: sign, discoveries }];
}

function countDeltas(before: DiscoveryRow | null, after: DiscoveryRow): readonly CountDelta[] {
  return [...(before ? contribution(before, -1) : []), ...contribution(after, 1)];
}

function membershipChanges(before: ArtifactRows | null, after: ArtifactRows): ArtifactMemberships {
  const topicOf = (name: string) => ({ topicId: `name:${name}`, name, taxonomyPath: '', confidence: 10_000 });
  const entityOf = (name: string) => ({ entityId: `name:${name}`, name, roles: 1 });
  return { topics: changesOf('topics', topicOf, { before, after }), entities: changesOf('entities', entityOf, { before, after }) };
}

interface Step {
  readonly before: ArtifactRows | null;
  readonly after: ArtifactRows;
}

/** All that was is removed and all that is is added, unless the names are the same. */
function changesOf<M extends object>(to: keyof Belongings, mentionOf: (name: string) => M, { before, after }: Step): MembershipChanges<M> {
  const old = before === null ? [] : sharesOf(before, to, -1);
  const now = sharesOf(after, to, 1);
  const isSame = before !== null && before.belongings[to] === after.belongings[to];
  return {
    added: isSame ? [] : now.map(({ name, member }) => ({ ...mentionOf(name), ...member })),
    removed: isSame ? [] : old.map(({ name, member }) => ({ ...mentionOf(name), ...member })),
    deltas: [...old, ...now].map(({ name, delta }) => ({ ...mentionOf(name), ...delta })),
  };
}

function sharesOf({ discovery, belongings }: ArtifactRows, to: keyof Belongings, sign: 1 | -1) {
  if (belongings[to] === '' || !discovery.observed.alive) return [];
  const { artifactId, publishedMs, publishedPrecision, visible, discoveryScore } = discovery;
  const figures = { artifacts: sign, discoveries: visible ? sign : 0, scoreSum: visible ? sign * discoveryScore! : 0 };
  return (JSON.parse(belongings[to]) as string[]).map((name) => ({
    name,
    member: { artifactId, publishedMs: publishedMs! },
    delta: { day: Math.floor(publishedMs! / DAY_MS), precision: publishedPrecision!, ...figures },
  }));
}

/** A running ingestion, to be spread over with what a test needs. */
export function handIngestion(ingestionId: string, more: Partial<IngestionRow> = {}): IngestionRow {
  return {
    ingestionId,
    state: 'running',
    source: 'test',
    expected: null,
    counts: null,
    manifest: null,
    error: null,
    startedMs: 1_700_000_000_000,
    progressedMs: null,
    endedMs: null,
    started: ALIVE,
    progressed: NEW_HALF,
    completed: NEW_HALF,
    failed: NEW_HALF,
    position: null,
    completedPosition: null,
    ...more,
  };
}

/** A chunk of one record per row, each replacing what is known. */
export function handIngestionChunk(spec: Omit<HandChunk, 'events'> & { readonly rows: readonly IngestionRow[] }): Chunk {
  const sorted = [...spec.rows].sort((a, b) => compareUtf8(a.ingestionId, b.ingestionId));
  const evolved = (index: number): Evolved<IngestionRow> => ({
    rows: sorted[index]!,
    projected: 1,
    superseded: 0,
    sequenceMissing: 0,
    keyInTwoPartitions: false,
  });
  const ingestions = {
    ids: sorted.map((row) => row.ingestionId),
    facts: sorted.map(() => null),
    recordCounts: sorted.map(() => 1),
    fresh: evolved,
    evolve: evolved,
  };
  return {
    ...handChunk({ ...spec, events: spec.rows.map((row) => ({ id: row.ingestionId })) }),
    plan: () => ({ artifacts: null, ingestions, deadLetters: [], newlyParked: [], ignored: 0 }),
  };
}
