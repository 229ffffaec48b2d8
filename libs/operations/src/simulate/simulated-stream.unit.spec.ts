import { createHash } from 'node:crypto';
import type { ArtifactObserved } from '@harvest/contracts';
import { createRandom } from './random';
import { simulatedItems } from './simulate.operation';
import type { SimulatedEvent } from './simulated-stream';
import { simulateStream } from './simulated-stream';
import { createZipf } from './zipf';

const TARGET = { ingestionId: 'simulate:test:run-1', topicPrefix: 'signals.' };

function hashOf(seed: number, artifacts: number): string {
  const hash = createHash('sha256');
  for (const { record } of simulatedItems({ seed, artifacts }, TARGET)) {
    hash.update(`${record.topic}\n${record.key?.toString() ?? ''}\n${record.value?.toString() ?? ''}\n`);
    for (const [name, value] of Object.entries(record.headers)) hash.update(`${name}=${value.toString()}\n`);
  }
  return hash.digest('hex');
}

describe('the simulated stream', () => {
  const events = [...simulateStream({ seed: 7, artifacts: 2000 })];
  const artifacts = new Map<string, ArtifactObserved>();
  for (const event of events) if (event.type === 'artifact.observed') artifacts.set(event.payload.artifactId, event.payload);

  it('has the same bytes for the same seed, in every process and release', () => {
    expect(hashOf(42, 400)).toBe('8a7c6a7a3da3b04948cea588e735e7032f35b47143434c58c3dc93521115c0d0');
  });

  it('differs for another seed', () => {
    expect(hashOf(43, 400)).not.toBe(hashOf(42, 400));
  });

  it('observes as many artifacts as asked for, each id once', () => {
    expect(artifacts.size).toBe(2000);
  });

  it.each([
    [
      'a score before its artifact',
      (seen: Set<string>, event: SimulatedEvent) => event.type === 'score.computed' && !seen.has(event.payload.artifactId),
    ],
    [
      'an artifact observed again',
      (seen: Set<string>, event: SimulatedEvent) => event.type === 'artifact.observed' && seen.has(event.payload.artifactId),
    ],
    ['a classification', (_seen: Set<string>, event: SimulatedEvent) => event.type === 'artifact.classified'],
    ['a retraction', (_seen: Set<string>, event: SimulatedEvent) => event.type === 'artifact.retracted'],
    [
      'a year for a date',
      (_seen: Set<string>, event: SimulatedEvent) => event.type === 'artifact.observed' && /^\d{4}$/.test(event.payload.publishedAt ?? ''),
    ],
    [
      'a month for a date',
      (_seen: Set<string>, event: SimulatedEvent) =>
        event.type === 'artifact.observed' && /^\d{4}-\d\d$/.test(event.payload.publishedAt ?? ''),
    ],
    [
      'an artifact without a date',
      (_seen: Set<string>, event: SimulatedEvent) => event.type === 'artifact.observed' && event.payload.publishedAt === undefined,
    ],
    [
      'a non-ASCII title',
      (_seen: Set<string>, event: SimulatedEvent) => event.type === 'artifact.observed' && /[^\x20-\x7e]/.test(event.payload.title),
    ],
  ])('holds %s', (_name, holds) => {
    const seen = new Set<string>();
    let count = 0;
    for (const event of events) {
      if (holds(seen, event)) count += 1;
      if (event.type === 'artifact.observed') seen.add(event.payload.artifactId);
    }
    expect(count).toBeGreaterThan(2);
  });

  it('scores most artifacts, some of them again', () => {
    const scored = events.filter((event) => event.type === 'score.computed').map(({ payload }) => payload.artifactId);
    expect(new Set(scored).size).toBeGreaterThan(0.85 * artifacts.size);
    expect(scored.length).toBeGreaterThan(1.05 * new Set(scored).size);
  });

  it('cites by a power law, with ends that dangle', () => {
    const cited = [...artifacts.values()].flatMap(({ references }) => references ?? []);
    const inDegrees = new Map<string, number>();
    for (const id of cited) inDegrees.set(id, (inDegrees.get(id) ?? 0) + 1);
    const dangling = cited.filter((id) => !artifacts.has(id)).length / cited.length;
    expect(dangling).toBeGreaterThan(0.05);
    expect(dangling).toBeLessThan(0.3);
    expect(Math.max(...inDegrees.values())).toBeGreaterThan(30 * (cited.length / inDegrees.size));
  });
});

describe('createZipf', () => {
  it('draws the first rank about as often as the law says', () => {
    const random = createRandom(1);
    const draw = createZipf(100, 1);
    const harmonic = Array.from({ length: 100 }, (_, rank) => 1 / (rank + 1)).reduce((sum, term) => sum + term, 0);
    const first = Array.from({ length: 20_000 }, () => draw(random)).filter((rank) => rank === 0).length / 20_000;
    expect(first).toBeCloseTo(1 / harmonic, 1);
  });
});
