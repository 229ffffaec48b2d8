import { TOPIC_READ_MODEL } from '@harvest/read-models';
import type { ArtifactTopicRow, DiscoveryRow, TopicChanges, TopicDelta } from '@harvest/read-models';
import { DAY_MS } from './counts.v1.projection';
import type { ProjectionDefinition } from './definition';
import { parseTopics, type TopicMention } from './topic-mentions';

/**
 * Memberships of observed artifacts in topics, and the topics' figures, in all and per day of publication: what an artifact contributes
 * now minus what it contributed before. A topic is known by its name until somebody describes it.
 */
export const topicV1 = {
  ...TOPIC_READ_MODEL,
  handles: ['artifact.observed', 'artifact.classified', 'artifact.retracted', 'score.computed', 'tombstone'],
  evolve: topicChangesOf,
} as const satisfies ProjectionDefinition & { evolve: typeof topicChangesOf };

/** An artifact's hot row with its topics as the card's row keeps them. */
export interface ArtifactWithTopics {
  readonly discovery: DiscoveryRow;
  readonly topics: string;
}

const NO_CHANGES: TopicChanges = { added: [], removed: [], deltas: [] };

function topicChangesOf(before: ArtifactWithTopics | null, after: ArtifactWithTopics): TopicChanges {
  const old = before === null ? null : sharesOf(before.discovery, before.topics);
  const now = sharesOf(after.discovery, after.topics);
  if (old === null) return now === null ? NO_CHANGES : { added: membersOf(now), removed: [], deltas: figuresOf(now) };
  if (now === null) return { added: [], removed: membersOf(old), deltas: figuresOf(old).map(negated) };
  return changesBetween(old, now);
}

/** What an artifact gives to each of its topics. */
interface Shares {
  readonly text: string;
  readonly mentions: readonly TopicMention[];
  readonly artifactId: string;
  readonly publishedMs: number;
  readonly precision: TopicDelta['precision'];
  readonly discoveries: 0 | 1;
  readonly scoreSum: number;
}

/** Null of an artifact that is not observed, or names no topic. */
function sharesOf(row: DiscoveryRow, topics: string): Shares | null {
  const { artifactId, publishedMs, publishedPrecision, visible, discoveryScore } = row;
  if (topics === '' || publishedMs === null || publishedPrecision === null) return null;
  const scored = visible && discoveryScore !== null;
  return {
    text: topics,
    mentions: parseTopics(topics),
    artifactId,
    publishedMs,
    precision: publishedPrecision,
    discoveries: scored ? 1 : 0,
    scoreSum: scored ? discoveryScore : 0,
  };
}

function changesBetween(old: Shares, now: Shares): TopicChanges {
  const sameMembers = old.text === now.text && old.publishedMs === now.publishedMs;
  if (!sameMembers || old.precision !== now.precision) {
    const moved = sameMembers ? NO_CHANGES : { added: membersOf(now), removed: membersOf(old) };
    return { ...moved, deltas: [...figuresOf(old).map(negated), ...figuresOf(now)] };
  }
  const discoveries = now.discoveries - old.discoveries;
  const scoreSum = now.scoreSum - old.scoreSum;
  if (discoveries === 0 && scoreSum === 0) return NO_CHANGES;
  return { added: [], removed: [], deltas: figuresOf(now).map((delta) => ({ ...delta, artifacts: 0, discoveries, scoreSum })) };
}

function membersOf({ mentions, artifactId, publishedMs }: Shares): readonly ArtifactTopicRow[] {
  return mentions.map((mention) => ({ ...mention, artifactId, publishedMs }));
}

function figuresOf({ mentions, publishedMs, precision, discoveries, scoreSum }: Shares): readonly TopicDelta[] {
  const day = Math.floor(publishedMs / DAY_MS);
  return mentions.map(({ topicId, name, taxonomyPath }) => ({
    topicId,
    name,
    taxonomyPath,
    day,
    precision,
    artifacts: 1,
    discoveries,
    scoreSum,
  }));
}

function negated(delta: TopicDelta): TopicDelta {
  return { ...delta, artifacts: 0 - delta.artifacts, discoveries: 0 - delta.discoveries, scoreSum: 0 - delta.scoreSum };
}
