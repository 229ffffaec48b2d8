import type { EventType, PayloadOf } from '@harvest/contracts';
import { createRandom } from './random';
import type { ArtifactContext, SimulatedArtifact } from './simulated-artifact';
import { rounded, simulateArtifact, simulateClassification, simulateMetrics, simulateScore } from './simulated-artifact';
import { createWorld } from './simulated-world';

/** A fact of the simulated stream, not yet a record. */
export type SimulatedEvent = {
  [T in EventType]: { readonly type: T; readonly payload: PayloadOf<T>; readonly source: string; readonly timeMs: number };
}[EventType];

export interface SimulationOptions {
  readonly seed: number;
  /** How many artifacts; everything else follows from it. */
  readonly artifacts: number;
}

const START_MS = Date.UTC(2025, 0, 6);
const SPAN_MS = 300 * 86_400_000;
const SHARE = {
  scored: 0.92,
  scoreFirst: 0.08,
  rescored: 0.15,
  observedAgain: 0.1,
  classified: 0.6,
  retracted: 0.004,
  revived: 0.25,
  related: 0.12,
} as const;

/**
 * The whole stream in the order of publication: a pure function of its options. Events of different types about one artifact
 * have no mutual order (a score may come first), and everything that refers to something may come before it.
 */
export function* simulateStream(options: SimulationOptions): Generator<SimulatedEvent> {
  const random = createRandom(options.seed);
  const context = { seed: options.seed, random, world: createWorld(random, options.artifacts) };
  yield* describeWorld(context);
  const later = new Agenda();
  for (let step = 0; step < options.artifacts; step += 1) {
    const atMs = START_MS + Math.floor((SPAN_MS * step) / options.artifacts);
    planLife(context, planner(later, step, atMs), simulateArtifact(context, step, atMs));
    yield* later.due(step);
  }
  yield* later.rest();
}

/** What happens to one artifact, spread over the steps to come. */
function planLife(context: ArtifactContext, add: Plan, artifact: SimulatedArtifact): void {
  const { random } = context;
  const { identity, observed } = artifact;
  const scoreFirst = random.chance(SHARE.scoreFirst);
  const afterSteps = scoreFirst ? 1 + random.below(40) : 0;
  add(afterSteps, (timeMs) => ({ type: 'artifact.observed', payload: observed, source: identity.source, timeMs }));
  planScores(context, add, { artifact, scoreFirst });
  planReports(context, add, artifact);
  planEnding(context, add, artifact);
  planRelationship(context, add, artifact);
}

function planScores(context: ArtifactContext, add: Plan, about: { artifact: SimulatedArtifact; scoreFirst: boolean }): void {
  const { random } = context;
  const { artifact, scoreFirst } = about;
  if (!scoreFirst && !random.chance(SHARE.scored)) return;
  add(scoreFirst ? 0 : random.geometric(6), (timeMs) => scoreEvent(context, artifact, timeMs));
  if (random.chance(SHARE.rescored)) add(60 + random.geometric(120), (timeMs) => scoreEvent(context, artifact, timeMs));
}

/** What others make of it, and what its source says of it later. */
function planReports(context: ArtifactContext, add: Plan, { identity, observed, quality }: SimulatedArtifact): void {
  const { random } = context;
  if (random.chance(SHARE.classified)) {
    const payload = simulateClassification(context, identity.artifactId);
    add(random.geometric(10), (timeMs) => ({ type: 'artifact.classified', payload, source: 'classifier', timeMs }));
  }
  if (!random.chance(SHARE.observedAgain)) return;
  const payload = { ...observed, metrics: simulateMetrics(random, identity.source, Math.min(0.99, quality * 1.1)) };
  if (random.chance(0.3)) delete payload.text;
  add(50 + random.geometric(150), (timeMs) => ({ type: 'artifact.observed', payload, source: identity.source, timeMs }));
}

type Plan = (afterSteps: number, event: (timeMs: number) => SimulatedEvent) => void;

function planner(later: Agenda, index: number, atMs: number): Plan {
  return (afterSteps, event) => later.add(index + afterSteps, event(atMs + afterSteps * 60_000));
}

function scoreEvent(context: ArtifactContext, artifact: SimulatedArtifact, timeMs: number): SimulatedEvent {
  return { type: 'score.computed', payload: simulateScore(context.random, artifact, timeMs), source: 'scorer', timeMs };
}

function planEnding({ random }: ArtifactContext, add: Plan, { identity, observed }: SimulatedArtifact): void {
  if (!random.chance(SHARE.retracted)) return;
  const afterSteps = 20 + random.geometric(200);
  const payload = { artifactId: identity.artifactId, reason: 'withdrawn by its authors' };
  add(afterSteps, (timeMs) => ({ type: 'artifact.retracted', payload, source: identity.source, timeMs }));
  if (!random.chance(SHARE.revived)) return;
  add(afterSteps + 30, (timeMs) => ({ type: 'artifact.observed', payload: observed, source: identity.source, timeMs }));
}

function planRelationship({ random }: ArtifactContext, add: Plan, { identity, observed }: SimulatedArtifact): void {
  const target = observed.references?.[0];
  if (target === undefined || !random.chance(SHARE.related)) return;
  const ends = { source: identity.artifactId, target, type: random.pick(['discuss', 'implement', 'mention'] as const) };
  const payload = { ...ends, confidence: rounded(0.5 + random.next() / 2, 3), method: 'semantic_similarity' };
  add(random.geometric(20), (timeMs) => ({ type: 'relationship.detected', payload, source: 'linker', timeMs }));
}

/** The most frequent topics and people are described up front; the others are known by name only. */
function* describeWorld({ random, world }: ArtifactContext): Generator<SimulatedEvent> {
  for (const { topicId, name, taxonomyPath } of world.topics.slice(0, 60)) {
    yield { type: 'topic.described', payload: { topicId, name, taxonomyPath }, source: 'taxonomy', timeMs: START_MS };
  }
  for (const { entityId, name, handle } of world.authors.slice(0, 100)) {
    const accounts = [{ platform: 'github', handle, followerCount: Math.floor(Math.exp(9 * random.next())), confidence: 0.9 }];
    yield { type: 'entity.observed', payload: { entityId, type: 'person', name, accounts }, source: 'directory', timeMs: START_MS };
  }
}

/** Events by the step at which they are published; within a step in the order they were added. */
class Agenda {
  private readonly bySteps = new Map<number, SimulatedEvent[]>();

  add(step: number, event: SimulatedEvent): void {
    const events = this.bySteps.get(step);
    if (events) events.push(event);
    else this.bySteps.set(step, [event]);
  }

  due(step: number): readonly SimulatedEvent[] {
    const events = this.bySteps.get(step) ?? [];
    this.bySteps.delete(step);
    return events;
  }

  *rest(): Generator<SimulatedEvent> {
    for (const step of [...this.bySteps.keys()].sort((left, right) => left - right)) yield* this.due(step);
  }
}
