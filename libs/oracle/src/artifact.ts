import { dateTimeMs, publishedPeriod } from '@harvest/contracts';
import type { ArtifactClassified, ArtifactObserved, HarvestEvent, ScoreComputed, Tombstone } from '@harvest/contracts';
import { canonicalJson, type CanonicalRow } from './canonical';
import { entitiesNamed, type Entity, type NamedEntities } from './entities';
import { topicsNamed, type NamedTopic, type Topic } from './topics';
import { guardBits, Half } from './half';
import type { EventPosition } from './provenance';

/** How one event ended. */
export type Outcome = 'projected' | 'superseded' | 'sequence-missing';

type Facts = Record<string, unknown>;
const NO_FACTS = '{}';
const NOTHING_OBSERVED = { source: null, artifact_type: null, published_ms: null, published_precision: null, first_seen_ms: null };

const SCALE = 10_000;
const FIRST_SEEN = 4;
const PRECISION_CODES = { second: 0, day: 1, month: 2, year: 3 } as const;
const HOT_LAST = -(2n ** 62n);
const DECAY_MS = 336 * 60 * 60 * 1000;
const DAY_MS = 24 * 60 * 60 * 1000;

/** What an artifact adds to the counts. */
export interface Contribution {
  readonly source: string;
  readonly artifactType: string;
  readonly day: number;
  readonly precision: number;
  readonly discoveries: number;
  /** Its score × 10⁴ if it is a discovery, else 0. */
  readonly score: number;
}

/** Facts are kept as text: ten times smaller than as objects. */
export class Artifact {
  readonly observed = new Half();
  readonly classified = new Half();
  readonly scored = new Half();
  readonly events: EventPosition[] = [];
  private observedFacts = NO_FACTS;
  private classifiedFacts = NO_FACTS;
  private scoreFacts = NO_FACTS;
  private firstSeenMs = 0;
  /** What rows and counts need of the observed facts, so that the text need not be read for each. */
  private summary: Summary | null = null;

  constructor(readonly id: string) {}

  apply(event: HarvestEvent | Tombstone, timestampMs: number): Outcome {
    if (event.kind === 'tombstone') return this.retract(null);
    const { sequence } = event.envelope;
    if (event.type === 'artifact.observed') return this.observe(event.payload, sequence, timestampMs);
    if (event.type === 'artifact.classified') return this.classify(event.payload, sequence);
    if (event.type === 'artifact.retracted') return this.retract(sequence);
    if (event.type === 'score.computed') return this.score(event.payload, sequence);
    throw new TypeError(`${event.type} is not about an artifact`);
  }

  private observe(payload: ArtifactObserved, sequence: bigint | null, timestampMs: number): Outcome {
    const isNewLife = !this.observed.alive;
    const verdict = this.observed.meet(sequence);
    if (verdict !== 'wins') return verdict;
    if (isNewLife) this.firstSeenMs = timestampMs;
    const { publishedAt, publishedPrecision, ...others } = payload;
    // A date and its precision are a pair: without a date, a precision says nothing.
    const date = publishedAt === undefined ? {} : datePair(publishedAt, publishedPrecision);
    this.observedFacts = merged(this.observedFacts, { ...others, ...date });
    this.summary = this.summarise();
    return 'projected';
  }

  private classify(payload: ArtifactClassified, sequence: bigint | null): Outcome {
    const verdict = this.classified.meet(sequence);
    if (verdict !== 'wins') return verdict;
    this.classifiedFacts = merged(this.classifiedFacts, { ...payload, artifactId: undefined });
    return 'projected';
  }

  /** Clears both halves that the artifacts topic feeds, each if it is beaten; the score belongs to another topic. */
  private retract(sequence: bigint | null): Outcome {
    const floors = `${this.observed.floor}/${this.classified.floor}`;
    const endedObserved = this.observed.clear(sequence);
    const endedClassified = this.classified.clear(sequence);
    if (endedObserved) this.forgetObserved();
    if (endedClassified) this.classifiedFacts = NO_FACTS;
    const changed = endedObserved || endedClassified || floors !== `${this.observed.floor}/${this.classified.floor}`;
    return changed || sequence === null ? 'projected' : 'superseded';
  }

  private score(payload: ScoreComputed, sequence: bigint | null): Outcome {
    const verdict = this.scored.meet(sequence);
    if (verdict !== 'wins') return verdict;
    this.scoreFacts = merged(this.scoreFacts, { ...payload, artifactId: undefined });
    return 'projected';
  }

  get isVisible(): boolean {
    return this.observed.alive && this.scored.alive;
  }

  private forgetObserved(): void {
    this.observedFacts = NO_FACTS;
    this.summary = null;
  }

  private summarise(): Summary {
    const { source, artifactType, publishedAt, publishedPrecision } = JSON.parse(this.observedFacts) as ArtifactObserved;
    if (typeof publishedAt !== 'string') return { source, artifactType, publishedMs: this.firstSeenMs, precision: FIRST_SEEN };
    const { publishedMs, precision } = publishedPeriod(publishedAt, publishedPrecision);
    return { source, artifactType, publishedMs, precision: PRECISION_CODES[precision] };
  }

  discoveryRow(): CanonicalRow {
    const floor = (half: Half) => half.floor?.toString() ?? null;
    return {
      artifact_id: this.id,
      ...this.observedColumns(),
      ...this.scoreColumns(),
      hot: this.hot(),
      visible: this.isVisible,
      guards: guardBits([this.observed, this.classified, this.scored]),
      observed_floor: floor(this.observed),
      classified_floor: floor(this.classified),
      scored_floor: floor(this.scored),
    };
  }

  private observedColumns(): CanonicalRow {
    if (this.summary === null) return NOTHING_OBSERVED;
    const { source, artifactType, publishedMs, precision } = this.summary;
    return {
      source,
      artifact_type: artifactType,
      published_ms: publishedMs,
      published_precision: precision,
      first_seen_ms: this.firstSeenMs,
    };
  }

  private scoreColumns(): CanonicalRow {
    const { discoveryScore, novelty, emergence, obscurity, computedAt, model } = JSON.parse(this.scoreFacts) as Partial<ScoreComputed>;
    return {
      discovery_score: scaled(discoveryScore),
      novelty: scaled(novelty),
      emergence: scaled(emergence),
      obscurity: scaled(obscurity),
      computed_at_ms: typeof computedAt === 'string' ? dateTimeMs(computedAt) : null,
      model: model ?? null,
    };
  }

  private hot(): string | null {
    if (!this.isVisible || this.summary === null) return null;
    const { discoveryScore } = JSON.parse(this.scoreFacts) as ScoreComputed;
    return hotOrder(Math.round(discoveryScore * SCALE), this.summary.publishedMs);
  }

  get hasCard(): boolean {
    return this.observed.alive || this.classified.alive;
  }

  /** Null when the artifact's own events say nothing (any more). */
  cardRow(): CanonicalRow | null {
    if (!this.hasCard) return null;
    const { text, references, attributes, ...listed } = JSON.parse(this.observedFacts) as Facts;
    const { reasoning, ...classification } = JSON.parse(this.classifiedFacts) as Facts;
    const holdsClassification = Object.keys(classification).length > 0;
    const card = { ...listed, artifactId: this.id, ...(holdsClassification ? { classification } : {}) };
    return { artifact_id: this.id, card: canonicalJson(card), detail: canonicalJson({ text, references, attributes, reasoning }) };
  }

  contribution(): Contribution | null {
    if (this.summary === null) return null;
    const { source, artifactType, publishedMs, precision } = this.summary;
    const discoveries = this.isVisible ? 1 : 0;
    return {
      source,
      artifactType,
      day: Math.floor(publishedMs / DAY_MS),
      precision,
      discoveries,
      score: this.isVisible ? this.score10k() : 0,
    };
  }

  /** Of an observed artifact; sorted by their ids' UTF-8 bytes. */
  topics(): readonly Topic[] {
    if (this.summary === null) return [];
    const observed = JSON.parse(this.observedFacts) as { topics?: NamedTopic[] };
    const classified = JSON.parse(this.classifiedFacts) as { topics?: NamedTopic[] };
    return topicsNamed([...(observed.topics ?? []), ...(classified.topics ?? [])]);
  }

  /** Of an observed artifact. */
  entities(): readonly Entity[] {
    if (this.summary === null) return [];
    const { authors } = JSON.parse(this.observedFacts) as Pick<NamedEntities, 'authors'>;
    const { entities } = JSON.parse(this.classifiedFacts) as Pick<NamedEntities, 'entities'>;
    return entitiesNamed({ ...(authors && { authors }), ...(entities && { entities }) });
  }

  entityRow({ entityId, name, roles }: Entity): CanonicalRow {
    return { entity_id: entityId, artifact_id: this.id, published_ms: this.summary?.publishedMs ?? null, roles, name };
  }

  topicRow({ topicId, name, taxonomyPath, confidence }: Topic): CanonicalRow {
    return {
      topic_id: topicId,
      artifact_id: this.id,
      published_ms: this.summary?.publishedMs ?? null,
      confidence,
      name,
      taxonomy_path: taxonomyPath,
    };
  }

  private score10k(): number {
    return scaled((JSON.parse(this.scoreFacts) as ScoreComputed).discoveryScore) ?? 0;
  }
}

interface Summary {
  readonly source: string;
  readonly artifactType: string;
  readonly publishedMs: number;
  readonly precision: number;
}

/** Missing leaves what is known, null clears it. */
function merged(known: string, said: Readonly<Facts>): string {
  const facts = JSON.parse(known) as Facts;
  for (const [name, value] of Object.entries(said)) {
    if (value === null) delete facts[name];
    else if (value !== undefined) facts[name] = value;
  }
  return JSON.stringify(facts);
}

/** The precision is the effective one: the coarser of the date's form and the explicit one. */
function datePair(publishedAt: string | null, explicit: ArtifactObserved['publishedPrecision']): Facts {
  if (publishedAt === null) return { publishedAt: null, publishedPrecision: null };
  return { publishedAt, publishedPrecision: publishedPeriod(publishedAt, explicit).precision };
}

function scaled(value: number | null | undefined): number | null {
  return typeof value === 'number' ? Math.round(value * SCALE) : null;
}

/** round((ln score + published / 336 h) · 10⁶); a score of 0 has no logarithm and sorts last by rule. */
function hotOrder(discoveryScore: number, publishedMs: number): string {
  if (discoveryScore === 0) return HOT_LAST.toString();
  return BigInt(Math.round((Math.log(discoveryScore / SCALE) + publishedMs / DECAY_MS) * 1e6)).toString();
}
