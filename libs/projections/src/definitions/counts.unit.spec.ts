import type { DiscoveryRow } from '@harvest/read-models';
import { eventOf, factAt, tombstoneOf } from '@harvest/testing';
import { countsV1 } from './counts.v1.projection';
import { discoveryV1 } from './discovery.v1.projection';

const observed = (payload: object) =>
  eventOf('artifact.observed', { artifactId: 'a', source: 's', artifactType: 'paper', title: 'T', publishedAt: '1969-12-31', ...payload });
const scored = eventOf('score.computed', { artifactId: 'a', discoveryScore: 3 });

function deltas(...events: Parameters<typeof factAt>[0][]) {
  let row: DiscoveryRow | null = null;
  let last: unknown = [];
  events.forEach((event, offset) => {
    const after = discoveryV1.evolve(factAt(event, offset), row).row;
    last = countsV1.evolve(row, after);
    expect(countsV1.evolve(after, after)).toEqual([]);
    row = after;
  });
  return last;
}
const key = { source: 's', artifactType: 'paper', day: -1, precision: 'day' };

describe('counts', () => {
  it('an observation counts once, on the day before the epoch too', () => {
    expect(deltas(observed({}))).toEqual([{ ...key, artifacts: 1, discoveries: 0 }]);
  });
  it('a stub counts nothing', () => {
    expect(deltas(scored)).toEqual([]);
  });
  it('a score makes it a discovery; the next score changes nothing', () => {
    expect(deltas(observed({}), scored)).toEqual([{ ...key, artifacts: 0, discoveries: 1 }]);
    expect(deltas(observed({}), scored, scored)).toEqual([]);
  });
  it('both at once where the score was first', () => {
    expect(deltas(scored, observed({}))).toEqual([{ ...key, artifacts: 1, discoveries: 1 }]);
  });
  it('a changed source moves the contribution', () => {
    expect(deltas(observed({}), scored, observed({ source: 't' }))).toEqual([
      { ...key, artifacts: -1, discoveries: -1 },
      { ...key, source: 't', artifacts: 1, discoveries: 1 },
    ]);
  });
  it('the same day in another precision is another count', () => {
    expect(deltas(observed({}), observed({ publishedAt: '1970-01-01' }), observed({ publishedAt: '1970' }))).toEqual([
      { ...key, day: 0, artifacts: -1, discoveries: 0 },
      { ...key, day: 0, precision: 'year', artifacts: 1, discoveries: 0 },
    ]);
  });
  it('a tombstone takes all of it back', () => {
    expect(deltas(observed({}), scored, tombstoneOf('a'))).toEqual([{ ...key, artifacts: -1, discoveries: -1 }]);
  });
});
