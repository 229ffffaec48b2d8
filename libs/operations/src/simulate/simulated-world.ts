import type { Random } from './random';
import { FAMILY_NAMES, FIELDS, GIVEN_NAMES, LABS, METHODS, SUBFIELDS, TASKS } from './vocabulary';
import { createZipf } from './zipf';

export interface SimulatedAuthor {
  readonly entityId: string;
  readonly name: string;
  readonly handle: string;
  readonly lab: string;
}
export interface SimulatedTopic {
  readonly topicId: string;
  readonly name: string;
  readonly taxonomyPath: string;
}

/** Who and what the stream is about. Drawing follows power laws: few authors and topics are everywhere. */
export interface SimulatedWorld {
  readonly authors: readonly SimulatedAuthor[];
  readonly topics: readonly SimulatedTopic[];
  drawAuthor(random: Random): SimulatedAuthor;
  drawTopic(random: Random): SimulatedTopic;
}

const AUTHOR_EXPONENT = 0.9;
const TOPIC_EXPONENT = 1.1;

export function createWorld(random: Random, artifacts: number): SimulatedWorld {
  const authors = Array.from({ length: Math.max(20, Math.ceil(artifacts * 0.6)) }, (_, rank) => author(random, rank));
  const topics = Array.from({ length: Math.min(METHODS.length * TASKS.length, 20 + Math.ceil(artifacts / 25)) }, (_, rank) => topic(rank));
  const authorRank = createZipf(authors.length, AUTHOR_EXPONENT);
  const topicRank = createZipf(topics.length, TOPIC_EXPONENT);
  return {
    authors,
    topics,
    drawAuthor: (by) => authors[authorRank(by)] as SimulatedAuthor,
    drawTopic: (by) => topics[topicRank(by)] as SimulatedTopic,
  };
}

function author(random: Random, rank: number): SimulatedAuthor {
  const name = `${random.pick(GIVEN_NAMES)} ${random.pick(FAMILY_NAMES)}`;
  return {
    entityId: `person:${rank}`,
    name: rank % 3 === 0 ? `${name} ${roman(rank)}` : name,
    handle: `sim_${rank}`,
    lab: random.pick(LABS),
  };
}

/** Keeps most names distinct while some people share one, as they do. */
function roman(rank: number): string {
  return ['I', 'II', 'III', 'IV', 'V', 'VI', 'VII'][Math.floor(rank / 3) % 7] as string;
}

function topic(rank: number): SimulatedTopic {
  const method = METHODS[rank % METHODS.length] as string;
  const task = TASKS[(rank + Math.floor(rank / METHODS.length)) % TASKS.length] as string;
  const field = FIELDS[rank % FIELDS.length] as string;
  return {
    topicId: `topic:${rank}`,
    name: `${method.toLowerCase()} for ${task}`,
    taxonomyPath: `${field}/${SUBFIELDS[rank % SUBFIELDS.length] as string}/${rank}`,
  };
}
