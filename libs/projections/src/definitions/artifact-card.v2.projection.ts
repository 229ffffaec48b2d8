import { publishedPeriod } from '@harvest/contracts';
import type { ArtifactClassified, ArtifactObserved, Tombstone } from '@harvest/contracts';
import { ARTIFACT_CARD_READ_MODEL } from '@harvest/read-models';
import type { ArtifactCardRow, Belongings } from '@harvest/read-models';
import type { FactEvent, ProjectionDefinition } from './definition';
import type { HalfChange } from './discovery.v1.projection';
import { entitiesText } from './entity-mentions';
import { topicsText } from './topic-mentions';

type Known<T> = NonNullable<T> | undefined;
type ObservedField<K extends keyof ArtifactObserved> = Known<ArtifactObserved[K]>;
type ClassifiedField<K extends keyof ArtifactClassified> = Known<ArtifactClassified[K]>;

export interface Classification {
  readonly category: ClassifiedField<'category'>;
  readonly sentiment: ClassifiedField<'sentiment'>;
  readonly urgency: ClassifiedField<'urgency'>;
  readonly tags: ClassifiedField<'tags'>;
  readonly topics: ClassifiedField<'topics'>;
  readonly entities: ClassifiedField<'entities'>;
}

/** What the artifact's own events said in this life; undefined: unknown. */
export interface ArtifactFacts {
  readonly source: ObservedField<'source'>;
  readonly artifactType: ObservedField<'artifactType'>;
  readonly title: ObservedField<'title'>;
  readonly url: ObservedField<'url'>;
  /** The producer's own text. */
  readonly publishedAt: ObservedField<'publishedAt'>;
  /** The effective one. */
  readonly publishedPrecision: ObservedField<'publishedPrecision'>;
  readonly authors: ObservedField<'authors'>;
  readonly topics: ObservedField<'topics'>;
  readonly metrics: ObservedField<'metrics'>;
  readonly text: ObservedField<'text'>;
  readonly references: ObservedField<'references'>;
  readonly attributes: ObservedField<'attributes'>;
  readonly classification: Classification | undefined;
  readonly reasoning: ClassifiedField<'reasoning'>;
}

const NOTHING_OBSERVED = {
  source: undefined,
  artifactType: undefined,
  title: undefined,
  url: undefined,
  publishedAt: undefined,
  publishedPrecision: undefined,
  authors: undefined,
  topics: undefined,
  metrics: undefined,
  text: undefined,
  references: undefined,
  attributes: undefined,
} as const;
const NOTHING_CLASSIFIED = { classification: undefined, reasoning: undefined } as const;
export const NO_FACTS: ArtifactFacts = { ...NOTHING_OBSERVED, ...NOTHING_CLASSIFIED };

/**
 * The artifact's wide row. It has no guards of its own: an event is merged only where `discovery` says that its half has won.
 * A missing field leaves what is known, an explicit null clears it.
 */
export const artifactCardV2 = {
  ...ARTIFACT_CARD_READ_MODEL,
  handles: ['artifact.observed', 'artifact.classified', 'artifact.retracted', 'tombstone'],
  evolve: evolveFacts,
} as const satisfies ProjectionDefinition & { evolve: typeof evolveFacts };

/** The facts after an event whose halves changed as told; the same object when nothing did. */
function evolveFacts(
  facts: ArtifactFacts,
  event: FactEvent | Tombstone,
  change: { readonly observed: HalfChange; readonly classified: HalfChange },
): ArtifactFacts {
  let next = facts;
  if (change.observed === 'cleared') next = { ...next, ...NOTHING_OBSERVED };
  if (change.classified === 'cleared') next = { ...next, ...NOTHING_CLASSIFIED };
  if (event.kind === 'tombstone') return next;
  if (event.type === 'artifact.observed' && change.observed === 'written') return mergeObserved(next, event.payload);
  if (event.type === 'artifact.classified' && change.classified === 'written') return mergeClassified(next, event.payload);
  return next;
}

function mergeObserved(facts: ArtifactFacts, payload: ArtifactObserved): ArtifactFacts {
  const replacesDate = payload.publishedAt !== undefined;
  return {
    source: payload.source,
    artifactType: payload.artifactType,
    title: payload.title,
    url: merge(facts.url, payload.url),
    publishedAt: merge(facts.publishedAt, payload.publishedAt),
    publishedPrecision: replacesDate ? effectivePrecision(payload) : facts.publishedPrecision,
    authors: merge(facts.authors, payload.authors),
    topics: merge(facts.topics, payload.topics),
    metrics: merge(facts.metrics, payload.metrics),
    text: merge(facts.text, payload.text),
    references: merge(facts.references, payload.references),
    attributes: merge(facts.attributes, payload.attributes),
    classification: facts.classification,
    reasoning: facts.reasoning,
  };
}

function effectivePrecision(payload: ArtifactObserved): ArtifactFacts['publishedPrecision'] {
  return typeof payload.publishedAt === 'string' ? publishedPeriod(payload.publishedAt, payload.publishedPrecision).precision : undefined;
}

function mergeClassified(facts: ArtifactFacts, payload: ArtifactClassified): ArtifactFacts {
  const known = facts.classification;
  const classification = {
    category: merge(known?.category, payload.category),
    sentiment: merge(known?.sentiment, payload.sentiment),
    urgency: merge(known?.urgency, payload.urgency),
    tags: merge(known?.tags, payload.tags),
    topics: merge(known?.topics, payload.topics),
    entities: merge(known?.entities, payload.entities),
  };
  const holdsAny = Object.values(classification).some((value) => value !== undefined);
  return { ...facts, classification: holdsAny ? classification : undefined, reasoning: merge(facts.reasoning, payload.reasoning) };
}

function merge<T>(known: T | undefined, said: T | null | undefined): T | undefined {
  return said === undefined ? known : (said ?? undefined);
}

/** The row of these facts. JSON.stringify leaves undefined members out, so the order of members is that of the literals. */
export function cardOfFacts(artifactId: string, facts: ArtifactFacts): ArtifactCardRow {
  const { source, artifactType, title, url, publishedAt, publishedPrecision, authors, topics, metrics, classification } = facts;
  const { text, references, attributes, reasoning } = facts;
  const card = membersOf({
    artifactId,
    source,
    artifactType,
    title,
    url,
    publishedAt,
    publishedPrecision,
    authors,
    topics,
    metrics,
    classification,
  });
  return { artifactId, card, detail: membersOf({ text, references, attributes, reasoning }), ...belongingsOf(facts) };
}

const belongingsOf = (facts: ArtifactFacts): Belongings => ({ topics: topicsText(facts), entities: entitiesText(facts) });

const membersOf = (value: object): string => JSON.stringify(value).slice(1, -1);

/** Back from a stored row; `NO_FACTS` when there is none. */
export function factsOfCard(row: ArtifactCardRow | null): ArtifactFacts {
  if (row === null) return NO_FACTS;
  const stored = JSON.parse(`{${row.card}${row.detail === '' ? '' : `,${row.detail}`}}`) as ArtifactFacts & { artifactId?: string };
  const { artifactId: _key, ...facts } = stored;
  return { ...NO_FACTS, ...facts };
}
