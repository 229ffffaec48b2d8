import { dateTimeMs, publishedPeriod } from '@harvest/contracts';
import type { ArtifactObserved, ScoreComputed, Tombstone } from '@harvest/contracts';
import { DISCOVERY_READ_MODEL, HOT_DECAY_MS, HOT_LAST, HOT_SCALE, NEW_HALF, SCORE_SCALE } from '@harvest/read-models';
import type { DiscoveryRow, HalfGuard } from '@harvest/read-models';
import type { Fact, FactEventOf, Outcome, ProjectionDefinition } from './definition';
import { guardAfterEvent, guardAfterRetraction, judgeHalf } from './halves';

/** What became of one half: the card follows it. */
export type HalfChange = 'kept' | 'written' | 'cleared';

export interface DiscoveryStep {
  /** The known row itself when nothing changed. */
  readonly row: DiscoveryRow;
  readonly outcome: Outcome;
  readonly observed: HalfChange;
  readonly classified: HalfChange;
  /** The key was seen in another partition of this topic before. */
  readonly otherPartition: boolean;
}

type Draft = { -readonly [K in keyof DiscoveryRow]: DiscoveryRow[K] };
type ArtifactEvent = FactEventOf<'artifact.observed' | 'artifact.classified' | 'artifact.retracted' | 'score.computed'> | Tombstone;

/**
 * The artifact's hot row. The artifacts topic feeds the observed and the classified half, the scores topic the score half.
 * An artifact that is only scored, or only retracted, has a row too: it keeps what must not be forgotten.
 */
export const discoveryV1 = {
  ...DISCOVERY_READ_MODEL,
  handles: ['artifact.observed', 'artifact.classified', 'artifact.retracted', 'score.computed', 'tombstone'],
  evolve: evolveDiscovery,
} as const satisfies ProjectionDefinition & { evolve: typeof evolveDiscovery };

const UNKNOWN: DiscoveryRow = {
  artifactId: '',
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

/** One fact on top of the row known, or of nothing. @throws TypeError for a type it does not handle: routing is the engine's. */
function evolveDiscovery(fact: Fact, known: DiscoveryRow | null): DiscoveryStep {
  const row = known ?? { ...UNKNOWN, artifactId: (fact.event as ArtifactEvent).subject };
  const event = fact.event as ArtifactEvent;
  if (event.kind === 'tombstone') return retract(fact, row, null);
  switch (event.type) {
    case 'artifact.observed':
      return observe(fact, row, event as FactEventOf<'artifact.observed'>);
    case 'artifact.classified':
      return classify(fact, row, event.envelope.sequence);
    case 'artifact.retracted':
      return retract(fact, row, event.envelope.sequence);
    case 'score.computed':
      return score(fact, row, event as FactEventOf<'score.computed'>);
    default:
      throw new TypeError(`discovery does not handle ${String(event.type)}`);
  }
}

function observe(fact: Fact, row: DiscoveryRow, event: FactEventOf<'artifact.observed'>): DiscoveryStep {
  const { sequence } = event.envelope;
  const outcome = judgeHalf(row.observed, sequence);
  const guard = guardAfterEvent(row.observed, sequence, outcome);
  if (outcome !== 'projected') return passed(fact, row, { outcome, row: guard === row.observed ? row : { ...row, observed: guard } });
  const draft: Draft = { ...row, observed: guard, observedFacts: fact.fingerprint };
  const payload = event.payload;
  draft.source = payload.source;
  draft.artifactType = payload.artifactType;
  if (!row.observed.alive) draft.firstSeenMs = fact.timestampMs;
  setPublished(draft, row, payload);
  return artifactStep(fact, row, { row: rank(draft), observed: 'written', classified: 'kept' });
}

/** A date and its precision are a pair: a date replaces both, a precision alone says nothing. */
function setPublished(draft: Draft, row: DiscoveryRow, payload: ArtifactObserved): void {
  if (typeof payload.publishedAt === 'string') {
    const published = publishedPeriod(payload.publishedAt, payload.publishedPrecision);
    draft.publishedMs = published.publishedMs;
    draft.publishedPrecision = published.precision;
  } else if (payload.publishedAt === null || !row.observed.alive) {
    draft.publishedMs = draft.firstSeenMs;
    draft.publishedPrecision = 'first-seen';
  }
}

function classify(fact: Fact, row: DiscoveryRow, sequence: bigint | null): DiscoveryStep {
  const outcome = judgeHalf(row.classified, sequence);
  const guard = guardAfterEvent(row.classified, sequence, outcome);
  if (outcome !== 'projected') return passed(fact, row, { outcome, row: guard === row.classified ? row : { ...row, classified: guard } });
  const draft: Draft = { ...row, classified: guard, classifiedFacts: fact.fingerprint };
  return artifactStep(fact, row, { row: draft, observed: 'kept', classified: 'written' });
}

/** Clears all halves that the artifacts topic feeds; the score's belongs to another topic and stays. */
function retract(fact: Fact, row: DiscoveryRow, sequence: bigint | null): DiscoveryStep {
  const observed = guardAfterRetraction(row.observed, sequence);
  const classified = guardAfterRetraction(row.classified, sequence);
  if (observed === row.observed && classified === row.classified) return retractNothing(fact, row, sequence);
  const draft: Draft = { ...row, observed, classified };
  const changes = { observed: changeOf(row.observed, observed), classified: changeOf(row.classified, classified) };
  if (changes.observed === 'cleared') forgetObserved(draft);
  if (changes.classified === 'cleared') draft.classifiedFacts = null;
  return artifactStep(fact, row, { row: rank(draft), ...changes });
}

/** Without a sequence it still beats all before it, so it is not a loser; and it makes the row, if there is none. */
function retractNothing(fact: Fact, row: DiscoveryRow, sequence: bigint | null): DiscoveryStep {
  if (row.artifactPosition === null) return artifactStep(fact, row, { row: { ...row }, observed: 'kept', classified: 'kept' });
  return passed(fact, row, { outcome: sequence === null ? 'projected' : 'superseded', row });
}

const changeOf = (before: HalfGuard, after: HalfGuard): HalfChange => (before.alive && !after.alive ? 'cleared' : 'kept');

function forgetObserved(draft: Draft): void {
  draft.source = null;
  draft.artifactType = null;
  draft.publishedMs = null;
  draft.publishedPrecision = null;
  draft.firstSeenMs = null;
  draft.observedFacts = null;
}

function score(fact: Fact, row: DiscoveryRow, event: FactEventOf<'score.computed'>): DiscoveryStep {
  const { sequence } = event.envelope;
  const outcome = judgeHalf(row.scored, sequence);
  const guard = guardAfterEvent(row.scored, sequence, outcome);
  const otherPartition = isOther(row.scorePosition, fact);
  if (outcome !== 'projected') {
    const seen = guard === row.scored ? row : { ...row, scored: guard, scorePosition: positionOf(fact) };
    return { row: seen, outcome, observed: 'kept', classified: 'kept', otherPartition };
  }
  const draft: Draft = { ...row, scored: guard, scoreFacts: fact.fingerprint, scorePosition: positionOf(fact) };
  setScores(draft, event.payload);
  return { row: rank(draft), outcome, observed: 'kept', classified: 'kept', otherPartition };
}

/** A missing component leaves what is known, an explicit null clears it. */
function setScores(draft: Draft, payload: ScoreComputed): void {
  draft.discoveryScore = scaled(payload.discoveryScore);
  if (payload.novelty !== undefined) draft.novelty = scaledOrNull(payload.novelty);
  if (payload.emergence !== undefined) draft.emergence = scaledOrNull(payload.emergence);
  if (payload.obscurity !== undefined) draft.obscurity = scaledOrNull(payload.obscurity);
  if (payload.computedAt !== undefined) draft.computedAtMs = payload.computedAt === null ? null : dateTimeMs(payload.computedAt);
  if (payload.model !== undefined) draft.model = payload.model;
}

const scaled = (value: number): number => Math.round(value * SCORE_SCALE);
const scaledOrNull = (value: number | null): number | null => (value === null ? null : scaled(value));

/**
 * Order under exponential decay with a mean life of 336 h does not change with time, so ln(score) + published/336 h is stored and
 * never rewritten. (docs/operations, "hot")
 */
export function hotOf(discoveryScore: number, publishedMs: number): bigint {
  if (discoveryScore === 0) return HOT_LAST;
  return BigInt(Math.round((Math.log(discoveryScore / SCORE_SCALE) + publishedMs / HOT_DECAY_MS) * HOT_SCALE));
}

function rank(draft: Draft): Draft {
  const { discoveryScore, publishedMs } = draft;
  draft.visible = draft.observed.alive && draft.scored.alive;
  draft.hot = draft.visible && discoveryScore !== null && publishedMs !== null ? hotOf(discoveryScore, publishedMs) : null;
  return draft;
}

/** A producer that sends 0–1 where 0–100 is meant: every component it gives is at most 1. */
export function looksLikeFraction(payload: ScoreComputed): boolean {
  const { discoveryScore, novelty, emergence, obscurity } = payload;
  return discoveryScore <= 1 && (novelty ?? 0) <= 1 && (emergence ?? 0) <= 1 && (obscurity ?? 0) <= 1;
}

interface ArtifactChange {
  readonly row: Draft;
  readonly observed: HalfChange;
  readonly classified: HalfChange;
}

function artifactStep(fact: Fact, known: DiscoveryRow, { row, observed, classified }: ArtifactChange): DiscoveryStep {
  row.artifactPosition = positionOf(fact);
  return { row, outcome: 'projected', observed, classified, otherPartition: isOther(known.artifactPosition, fact) };
}

function passed(fact: Fact, known: DiscoveryRow, after: { readonly outcome: Outcome; readonly row: DiscoveryRow }): DiscoveryStep {
  const row = after.row === known ? known : { ...after.row, artifactPosition: positionOf(fact) };
  const otherPartition = isOther(known.artifactPosition, fact);
  return { row, outcome: after.outcome, observed: 'kept', classified: 'kept', otherPartition };
}

const positionOf = (fact: Fact) => ({ partition: fact.partition, offset: fact.offset });
const isOther = (position: DiscoveryRow['artifactPosition'], fact: Fact): boolean =>
  position !== null && position.partition !== fact.partition;
