import type { ArtifactClassified, ArtifactObserved, ScoreComputed } from '@harvest/contracts';
import type { Random } from './random';
import type { SimulatedIdentity } from './simulated-identity';
import { simulatedIdentity } from './simulated-identity';
import type { SimulatedWorld } from './simulated-world';
import { CATEGORIES, METHODS, SENTENCES, SENTIMENTS, TAGS, TASKS } from './vocabulary';

/** One artifact before anybody has reported it. `quality` in [0, 1) drives its metrics and its score. */
export interface SimulatedArtifact {
  readonly index: number;
  readonly identity: SimulatedIdentity;
  readonly quality: number;
  readonly observed: ArtifactObserved;
}

export interface ArtifactContext {
  readonly seed: number;
  readonly random: Random;
  readonly world: SimulatedWorld;
}

const SHARE = { text: 0.7, dangling: 0.14, future: 0.02, self: 0.005, noDate: 0.02, noAuthors: 0.015, emoji: 0.05 } as const;

export function simulateArtifact(context: ArtifactContext, index: number, atMs: number): SimulatedArtifact {
  const { seed, random } = context;
  const identity = simulatedIdentity(seed, index);
  const quality = random.next() ** 2;
  const references = simulateReferences(context, index);
  return {
    index,
    identity,
    quality,
    observed: {
      ...identity,
      title: simulateTitle(random),
      ...(random.chance(SHARE.text) ? { text: simulateText(random) } : {}),
      ...simulateDate(random, identity.artifactType, atMs),
      ...(random.chance(SHARE.noAuthors) ? {} : { authors: simulateAuthors(context, identity) }),
      topics: simulateTopics(context),
      ...(references.length > 0 ? { references } : {}),
      metrics: simulateMetrics(random, identity.source, quality),
    },
  };
}

function simulateTitle(random: Random): string {
  const subject = `${random.pick(METHODS)} for ${random.pick(TASKS)}`;
  const titles = [subject, `On ${subject}`, `${subject}: a closer look`, `Rethinking ${subject}`, `Show: ${subject}`];
  return random.chance(SHARE.emoji) ? `${random.pick(titles)} 🚀` : random.pick(titles);
}

function simulateText(random: Random): string {
  return Array.from({ length: 1 + random.below(5) }, () => random.pick(SENTENCES)).join(' ');
}

/** Posts are dated to the second, preprints to the day, papers to the month or the year. */
function simulateDate(random: Random, artifactType: string, atMs: number): Partial<ArtifactObserved> {
  if (random.chance(SHARE.noDate)) return {};
  const publishedMs = atMs - random.below(20 * 86_400_000);
  const text = new Date(publishedMs).toISOString();
  if (artifactType !== 'paper' && artifactType !== 'preprint') return { publishedAt: text.replace(/\.\d+Z$/, 'Z') };
  if (artifactType === 'preprint') return { publishedAt: text.slice(0, 10) };
  if (random.chance(0.3)) return { publishedAt: text.slice(0, 4) };
  return random.chance(0.5) ? { publishedAt: text.slice(0, 7) } : { publishedAt: `${text.slice(0, 7)}-01`, publishedPrecision: 'month' };
}

function simulateAuthors({ random, world }: ArtifactContext, { source, artifactType }: SimulatedIdentity): ArtifactObserved['authors'] {
  const isPaper = artifactType === 'paper' || artifactType === 'preprint';
  const people = new Set(Array.from({ length: isPaper ? Math.min(random.geometric(3), 40) : 1 }, () => world.drawAuthor(random)));
  return [...people].map(({ name, entityId, handle }) =>
    isPaper ? { name, ...(random.chance(0.6) ? { entityId } : {}) } : { name, platform: source, handle },
  );
}

function simulateTopics({ random, world }: ArtifactContext): ArtifactObserved['topics'] {
  const topics = new Set(Array.from({ length: 1 + random.below(4) }, () => world.drawTopic(random)));
  return [...topics].map(({ name, taxonomyPath }) => ({ name, taxonomyPath, confidence: rounded(0.4 + 0.6 * random.next(), 2) }));
}

/** Old work is cited most, so in-degrees follow a power law; some ends dangle, a few are self-citations or not yet published. */
function simulateReferences({ seed, random }: ArtifactContext, index: number): string[] {
  const count = random.chance(0.45) ? 0 : Math.min(random.geometric(4), 30);
  const cited = Array.from({ length: count }, () => {
    if (random.chance(SHARE.dangling)) return `arxiv:17${String(1 + random.below(12)).padStart(2, '0')}.0${1000 + random.below(8000)}`;
    if (random.chance(SHARE.self)) return simulatedIdentity(seed, index).artifactId;
    if (random.chance(SHARE.future)) return simulatedIdentity(seed, index + 1 + random.below(200)).artifactId;
    return simulatedIdentity(seed, Math.floor(index * random.next() ** 3)).artifactId;
  });
  return [...new Set(cited)];
}

export function simulateMetrics(random: Random, source: string, quality: number): Record<string, number> {
  const reach = Math.floor(Math.exp(9 * quality * (0.7 + 0.3 * random.next())));
  if (source === 'github') return { stars: reach, forks: Math.floor(reach / 9) };
  if (source === 'x') return { likes: reach, reposts: Math.floor(reach / 6) };
  return source === 'hackernews' || source === 'lobsters' || source === 'reddit'
    ? { score: Math.floor(reach / 10), comments: Math.floor(reach / 25) }
    : { citations: Math.floor(reach / 20) };
}

export function simulateScore(random: Random, artifact: SimulatedArtifact, atMs: number): ScoreComputed {
  const near = (value: number) => rounded(Math.min(100, Math.max(0, 100 * value + 30 * (random.next() - 0.5))), 2);
  const [novelty, emergence, obscurity] = [near(0.3 + 0.6 * artifact.quality), near(artifact.quality), near(1 - artifact.quality)];
  return {
    artifactId: artifact.identity.artifactId,
    discoveryScore: rounded(0.45 * novelty + 0.35 * emergence + 0.2 * obscurity, 2),
    novelty,
    emergence,
    obscurity,
    computedAt: new Date(atMs).toISOString(),
    model: 'simulated-1',
  };
}

export function simulateClassification({ random, world }: ArtifactContext, artifactId: string): ArtifactClassified {
  const topic = world.drawTopic(random);
  return {
    artifactId,
    category: random.pick(CATEGORIES),
    sentiment: random.pick(SENTIMENTS),
    urgency: random.below(4),
    tags: [...new Set([random.pick(TAGS), random.pick(TAGS)])],
    topics: [{ name: topic.name, taxonomyPath: topic.taxonomyPath, confidence: rounded(random.next(), 2) }],
    entities: { people: [world.drawAuthor(random).name], labs: [world.drawAuthor(random).lab] },
    reasoning: random.pick(SENTENCES),
  };
}

export function rounded(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
