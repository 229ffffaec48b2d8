import type { TopicFamily } from '@harvest/contracts';
import { HarvestError } from '@harvest/kernel';
import { NO_BELONGINGS } from '@harvest/read-models';
import type {
  ArtifactBatch,
  ArtifactCardRow,
  ArtifactRows,
  Belongings,
  DiscoveryRow,
  Evolved,
  IngestionBatch,
  IngestionRow,
} from '@harvest/read-models';
import { artifactCardV2, cardOfFacts, factsOfCard } from '../definitions/artifact-card.v2.projection';
import type { ArtifactFacts } from '../definitions/artifact-card.v2.projection';
import { countsV1 } from '../definitions/counts.v1.projection';
import type { Fact, Outcome } from '../definitions/definition';
import { discoveryV1, type DiscoveryStep } from '../definitions/discovery.v1.projection';
import { entityV1 } from '../definitions/entity.v1.projection';
import { ingestionV1 } from '../definitions/ingestion.v1.projection';
import { topicV1 } from '../definitions/topic.v1.projection';
import { LeanObserved } from './lean-event';
import { factsOfGroup, groupBySubject, sizeOfGroup } from './subject-groups';
import type { SubjectGroup } from './subject-groups';

/** Facts of one topic about artifacts, folded per artifact. Null when there are none. */
export function artifactBatchOf(facts: readonly Fact[], family: TopicFamily): ArtifactBatch | null {
  if (facts.length === 0) return null;
  const groups = groupBySubject(facts);
  const touchesCards = family === 'artifacts';
  const fold = (index: number, known: ArtifactRows | null) => foldArtifact(groups[index] as SubjectGroup, known, touchesCards);
  return {
    ids: groups.map(({ id }) => id),
    facts: groups.map(({ first, rest }) => (rest === null ? first.fingerprint : null)),
    factsOf: groups.map(({ first }) => comparedHalf(first)),
    recordCounts: groups.map(sizeOfGroup),
    touchesCards,
    fresh: (index) => fold(index, null),
    evolve: fold,
    countDeltas: countsV1.evolve,
    membershipChanges: (before, after) => ({
      topics: topicV1.evolve(before && belonging(before, 'topics'), belonging(after, 'topics')),
      entities: entityV1.evolve(before && belonging(before, 'entities'), belonging(after, 'entities')),
    }),
  };
}

function comparedHalf({ event }: Fact): ArtifactBatch['factsOf'][number] {
  if (event.kind === 'tombstone') return 'observed';
  if (event.type === 'score.computed') return 'score';
  return event.type === 'artifact.classified' ? 'classified' : 'observed';
}

/** Facts of the ingestions topic, folded per ingestion. Null when there are none. */
export function ingestionBatchOf(facts: readonly Fact[]): IngestionBatch | null {
  if (facts.length === 0) return null;
  const groups = groupBySubject(facts);
  const fold = (index: number, known: IngestionRow | null) => foldIngestion(groups[index] as SubjectGroup, known);
  return {
    ids: groups.map(({ id }) => id),
    facts: groups.map(() => null),
    recordCounts: groups.map(sizeOfGroup),
    fresh: (index) => fold(index, null),
    evolve: fold,
  };
}

type Tally = { -readonly [K in 'projected' | 'superseded' | 'sequenceMissing' | 'keyInTwoPartitions']: Evolved<unknown>[K] };

const NOTHING_KNOWN = { discovery: null, card: null, belongings: NO_BELONGINGS };

function foldArtifact(group: SubjectGroup, known: ArtifactRows | null, touchesCards: boolean): Evolved<ArtifactRows> {
  const tally = newTally();
  const start = known ?? NOTHING_KNOWN;
  let row: DiscoveryRow | null = start.discovery;
  let facts: ArtifactFacts | null = null;
  for (const fact of factsOfGroup(group)) {
    const step = evolving(fact, () => discoveryV1.evolve(fact, row));
    count(tally, step);
    row = step.row;
    const fresh = freshCardOf(group, start.card, step);
    if (fresh !== null) return { rows: withCard(row, fresh), ...tally };
    if (step.observed !== 'kept' || step.classified !== 'kept')
      facts = artifactCardV2.evolve(facts ?? factsOfCard(start.card), fact.event, step);
  }
  const discovery = row as DiscoveryRow;
  if (!touchesCards) return { rows: { discovery, card: null, belongings: start.belongings }, ...tally };
  return { rows: withCard(discovery, cardAfter(discovery, facts, start.card)), ...tally };
}

const belonging = ({ discovery, belongings }: ArtifactRows, to: keyof Belongings) => ({ discovery, text: belongings[to] });

const withCard = (discovery: DiscoveryRow, card: ArtifactCardRow | null): ArtifactRows => ({
  discovery,
  card,
  belongings: card ?? NO_BELONGINGS,
});

/** Of a single event about an artifact without a card: the one that was made when it was decoded. */
function freshCardOf({ first, rest }: SubjectGroup, known: ArtifactCardRow | null, step: DiscoveryStep): ArtifactCardRow | null {
  if (known !== null || rest !== null || step.observed !== 'written' || first.event.kind === 'tombstone') return null;
  return first.event.payload instanceof LeanObserved ? first.event.payload.freshCard : null;
}

/** The known card itself when it says the same; null when none of the artifact's own halves is alive. */
function cardAfter(row: DiscoveryRow, facts: ArtifactFacts | null, known: ArtifactCardRow | null): ArtifactCardRow | null {
  if (facts === null) return known;
  if (!row.observed.alive && !row.classified.alive) return null;
  const card = cardOfFacts(row.artifactId, facts);
  return known !== null && known.card === card.card && known.detail === card.detail ? known : card;
}

function foldIngestion(group: SubjectGroup, known: IngestionRow | null): Evolved<IngestionRow> {
  const tally = newTally();
  let row = known;
  for (const fact of factsOfGroup(group)) {
    const step = evolving(fact, () => ingestionV1.evolve(fact, row));
    count(tally, step);
    row = step.row;
  }
  return { rows: row as IngestionRow, ...tally };
}

const newTally = (): Tally => ({ projected: 0, superseded: 0, sequenceMissing: 0, keyInTwoPartitions: false });

function count(tally: Tally, step: { readonly outcome: Outcome; readonly otherPartition: boolean }): void {
  if (step.outcome === 'projected') tally.projected += 1;
  else if (step.outcome === 'superseded') tally.superseded += 1;
  else tally.sequenceMissing += 1;
  if (step.otherPartition) tally.keyInTwoPartitions = true;
}

/** A definition that throws has met a record it can never take: told as such, so that this record alone is set aside. */
function evolving<T>(fact: Fact, evolve: () => T): T {
  try {
    return evolve();
  } catch (cause) {
    throw new HarvestError({
      code: 'projection-error',
      message: `the projection failed on offset ${fact.offset} of partition ${fact.partition}: ${String(cause)}`,
      cause,
      context: { partition: fact.partition, offset: fact.offset.toString() },
    });
  }
}
