import fc from 'fast-check';
import type { Snapshot } from '@harvest/read-models';
import { covers, decodePosition, encodePosition, type Position } from './position';
import { assertMeets, meets } from './read-requirements';

const at = (offsets: Record<string, readonly bigint[]>, generation: number | null = 1): Position => ({
  generation,
  offsets: Object.entries(offsets).flatMap(([topic, nexts]) => nexts.map((nextOffset, partition) => ({ topic, partition, nextOffset }))),
});
const arbitraryPosition = fc.record({
  generation: fc.option(fc.integer({ min: 1, max: 1_000_000 })),
  offsets: fc.uniqueArray(
    fc.record({ topic: fc.constantFrom('a.v1', 'b.v1', 'é'), partition: fc.nat(500), nextOffset: fc.bigInt(0n, 2n ** 62n) }),
    { selector: ({ topic, partition }) => `${topic} ${partition}`, maxLength: 30 },
  ),
});

describe('a position', () => {
  it('comes back from its text as it was; equal positions have equal texts', () => {
    const sorted = ({ offsets }: Position) => [...offsets].map((one) => `${one.topic} ${one.partition} ${one.nextOffset}`).sort();
    fc.assert(
      fc.property(arbitraryPosition, (position) => {
        const decoded = decodePosition(encodePosition(position));
        expect(decoded.generation).toBe(position.generation);
        expect(sorted(decoded)).toEqual(sorted(position));
        expect(encodePosition({ ...position, offsets: position.offsets.toReversed() })).toBe(encodePosition(position));
      }),
    );
  });

  it('is compact: 24 partitions in less than 200 characters', () => {
    const nexts = Array.from({ length: 12 }, (_, partition) => BigInt(1_000_000 + partition));
    expect(encodePosition(at({ 'signals.artifacts.v1': nexts, 'signals.scores.v1': nexts })).length).toBeLessThan(250);
  });

  it('is refused when it is anything else, and never hangs on it', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ maxLength: 200 }),
          fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('base64url')),
        ),
        (text) => {
          try {
            const position = decodePosition(text);
            expect(decodePosition(encodePosition(position)).generation).toBe(position.generation);
          } catch (error) {
            expect(error).toMatchObject({ code: 'invalid-position' });
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it.each<[string, Position, Position, boolean]>([
    ['an equal one', at({ a: [5n, 5n] }), at({ a: [5n, 5n] }), true],
    ['an earlier one of another generation', at({ a: [5n, 5n] }, 2), at({ a: [4n] }, 1), true],
    ['not a later one in one partition', at({ a: [5n, 5n] }), at({ a: [5n, 6n] }), false],
    ['not one of a partition that it should know', at({ a: [5n] }), at({ a: [5n, 0n] }), false],
    ['one of a topic that the answer does not depend on', at({ a: [5n] }), at({ b: [9n] }), true],
  ])('covers %s: %#', (_name, position, least, covered) => {
    expect(covers(position, least)).toBe(covered);
  });
});

describe('what a reader asks of freshness', () => {
  const snapshot = (stalenessMs: number | null): Snapshot => ({
    freshness: { generation: 1, counters: [] },
    positions: at({ a: [5n] }).offsets,
    stalenessMs,
  });
  const asks = { minPosition: null, waitMs: 0, maxStalenessMs: null };

  it('counts a kept answer’s age', () => {
    const answer = { position: encodePosition(at({ a: [5n] })), stalenessMs: 300 };
    expect(meets({ ...asks, maxStalenessMs: 400 }, answer, 100)).toBe(true);
    expect(meets({ ...asks, maxStalenessMs: 400 }, answer, 101)).toBe(false);
    expect(meets({ ...asks, minPosition: at({ a: [6n] }) }, answer, 0)).toBe(false);
  });

  it('is refused, never answered older: position-not-reached, too-stale, also when the age is unknown', () => {
    expect(() => assertMeets({ ...asks, minPosition: at({ a: [6n] }) }, snapshot(0))).toThrow(
      expect.objectContaining({ code: 'position-not-reached', retriable: true }),
    );
    expect(() => assertMeets({ ...asks, maxStalenessMs: 10 }, snapshot(11))).toThrow(
      expect.objectContaining({ code: 'too-stale', retriable: true }),
    );
    expect(() => assertMeets({ ...asks, maxStalenessMs: 10 }, snapshot(null))).toThrow(expect.objectContaining({ code: 'too-stale' }));
    expect(() => assertMeets({ ...asks, minPosition: at({ a: [5n] }), maxStalenessMs: 10 }, snapshot(10))).not.toThrow();
  });
});
