import { samplePayload } from '@harvest/testing';
import { z } from 'zod';
import { artifactObservedSchema, topicSplitSchema } from '../events/payloads';
import { parseLarge } from './parse-large';

const OBSERVED = samplePayload('artifact.observed');
const references = (count: number, wrong: readonly number[]): unknown[] =>
  Array.from({ length: count }, (_, index) => (wrong.includes(index) ? 7 : `r:${index}`));

const issueOf = (...given: Parameters<typeof parseLarge>) => (parseLarge(...given) as { issue?: object }).issue;

describe('parseLarge', () => {
  it.each([0, 1023, 1024, 70_000, 99_999])('names element %d of a hundred thousand', (wrong) => {
    const payload = { ...OBSERVED, references: references(100_000, [wrong]) };
    expect(issueOf(artifactObservedSchema, payload)).toMatchObject({ code: 'invalid_type', path: ['references', wrong] });
  });

  it('looks at small collections too when another is large', () => {
    const payload = { ...OBSERVED, references: references(5000, []), topics: [{ name: 'x' }, { name: 5 }] };
    expect(issueOf(artifactObservedSchema, payload)).toMatchObject({ path: ['topics', 1, 'name'] });
  });

  it('looks at every entry of a large record', () => {
    const metrics = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`m${index}`, index === 4321 ? 'x' : 1]));
    expect(issueOf(artifactObservedSchema, { ...OBSERVED, metrics })).toMatchObject({ path: ['metrics', 'm4321'] });
  });

  it('does not mistake a window for the collection', () => {
    const payload = { from: 'name:a', into: references(3000, [2500]) };
    expect(issueOf(topicSplitSchema, payload)).toMatchObject({ path: ['into', 2500] });
    const whole = { from: 'name:a', into: references(3000, []) };
    expect(parseLarge(topicSplitSchema, whole)).toEqual({ payload: whole });
  });

  it('shows a shorter collection again when a longer one goes on', () => {
    const schema = z.object({ short: z.array(z.number()).min(1), long: z.array(z.number()) });
    const payload = { short: Array<number>(1500).fill(1), long: Array<number>(9000).fill(1) };
    expect(parseLarge(schema, payload)).toEqual({ payload });
  });

  it.each([[null], [[]], ['text'], [undefined]])('of %p, which is no payload', (payload) => {
    expect(issueOf(artifactObservedSchema, payload)).toMatchObject({ code: 'invalid_type', path: [] });
  });
});
