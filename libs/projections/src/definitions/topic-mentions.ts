import { derivedNameId } from '@harvest/contracts';
import { compareUtf8 } from '@harvest/kernel';
import { SCORE_SCALE } from '@harvest/read-models';

/** A topic that an artifact's facts name. */
export interface TopicMention {
  readonly topicId: string;
  readonly name: string;
  /** '' when none was given. */
  readonly taxonomyPath: string;
  /** × 10⁴ */
  readonly confidence: number;
}

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
 * confident, then the smallest name, then the smallest path. '' when there are none.
 */
export function topicsText({ topics, classification }: TopicSources): string {
  const named = [...(topics ?? []), ...(classification?.topics ?? [])];
  if (named.length === 0) return '';
  const mentions = new Map<string, TopicMention>();
  for (const topic of named) {
    const mention = mentionOf(topic);
    const known = mentions.get(mention.topicId);
    if (known === undefined || precedes(mention, known)) mentions.set(mention.topicId, mention);
  }
  const sorted = [...mentions.values()].sort((left, right) => compareUtf8(left.topicId, right.topicId));
  return JSON.stringify(sorted.map(({ topicId, name, taxonomyPath, confidence }) => [topicId, name, taxonomyPath, confidence]));
}

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
