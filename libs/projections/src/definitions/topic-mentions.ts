import { derivedNameId } from '@harvest/contracts';
import { compareUtf8 } from '@harvest/kernel';
import { MAX_NAME_LENGTH, SCORE_SCALE, type TopicMention } from '@harvest/read-models';

/** As payloads name them. */
interface NamedTopic {
  readonly name: string;
  readonly taxonomyPath?: string | undefined;
  readonly confidence?: number | undefined;
}

/** Where topics are named: the artifact's own list and its classification. */
export interface TopicSources {
  readonly topics?: readonly NamedTopic[] | null | undefined;
  readonly classification?: { readonly topics?: readonly NamedTopic[] | null | undefined } | undefined;
}

/**
 * The topics of an artifact as the card's row keeps them, sorted by id: the two lists united; of several mentions of one topic the most
 * confident, then the smallest name, then the smallest path. '' when there are none. What is too long for a name belongs to nothing.
 */
export function topicsText(sources: TopicSources): string {
  const named = namedTopics(sources);
  if (named.length === 0) return '';
  const mentions = new Map<string, TopicMention>();
  for (const mention of named.map(mentionOf).filter(isNamed)) {
    const known = mentions.get(mention.topicId);
    if (known === undefined || precedes(mention, known)) mentions.set(mention.topicId, mention);
  }
  if (mentions.size === 0) return '';
  const sorted = [...mentions.values()].sort((left, right) => compareUtf8(left.topicId, right.topicId));
  return JSON.stringify(sorted.map(({ topicId, name, taxonomyPath, confidence }) => [topicId, name, taxonomyPath, confidence]));
}

function namedTopics({ topics, classification }: TopicSources): readonly NamedTopic[] {
  const own = topics ?? NO_TOPICS;
  const classified = classification?.topics ?? NO_TOPICS;
  return classified.length === 0 ? own : [...own, ...classified];
}

const NO_TOPICS: readonly NamedTopic[] = [];

/** Back from `topicsText`. */
export function parseTopics(text: string): readonly TopicMention[] {
  if (text === '') return NONE;
  const rows = JSON.parse(text) as readonly [string, string, string, number][];
  return rows.map(([topicId, name, taxonomyPath, confidence]) => ({ topicId, name, taxonomyPath, confidence }));
}

const NONE: readonly TopicMention[] = [];

function mentionOf({ name, taxonomyPath, confidence }: NamedTopic): TopicMention {
  return {
    topicId: topicIdOf(name),
    name,
    taxonomyPath: taxonomyPath ?? '',
    confidence: confidence === undefined ? SCORE_SCALE : Math.round(confidence * SCORE_SCALE),
  };
}

function isNamed({ topicId, name, taxonomyPath }: TopicMention): boolean {
  return Math.max(topicId.length, name.length, taxonomyPath.length) <= MAX_NAME_LENGTH;
}

function precedes(left: TopicMention, right: TopicMention): boolean {
  if (left.confidence !== right.confidence) return left.confidence > right.confidence;
  return (compareUtf8(left.name, right.name) || compareUtf8(left.taxonomyPath, right.taxonomyPath)) < 0;
}

/** Few topics are named over and over; their ids are remembered. */
const MAX_REMEMBERED = 5_000;
const remembered = new Map<string, string>();

function topicIdOf(name: string): string {
  const known = remembered.get(name);
  if (known !== undefined) return known;
  if (remembered.size >= MAX_REMEMBERED) remembered.clear();
  const id = derivedNameId(name);
  remembered.set(name, id);
  return id;
}
