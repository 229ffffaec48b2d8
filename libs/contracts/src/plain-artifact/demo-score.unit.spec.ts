import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { scoreComputedSchema } from '../events/payloads';
import { demoScore } from './demo-score';

const ARTIFACT = { artifactId: 'a:1', source: 's', artifactType: 'post', title: 't' } as const;

describe('demoScore', () => {
  it('gives what the worked example of the documentation says', () => {
    const page = readFileSync(join(__dirname, '../../../../docs/events/demo-scores.md'), 'utf8');
    const [input, output] = [...page.matchAll(/```json\n([^`]*)```/g)].map(([, json]) => JSON.parse(json as string) as object);
    expect(demoScore({ ...ARTIFACT, ...input })).toEqual({ artifactId: 'a:1', ...output });
  });

  it('of an artifact without signals', () => {
    expect(demoScore(ARTIFACT)).toEqual({
      artifactId: 'a:1',
      discoveryScore: 50,
      novelty: 100,
      emergence: 0,
      obscurity: 100,
      model: 'demo-1',
    });
  });

  it('takes signals that are negative or no numbers for absent', () => {
    const attributes = { score: -5, comments: '12', daysSeen: null };
    expect(demoScore({ ...ARTIFACT, attributes })).toEqual(demoScore(ARTIFACT));
  });

  it('is always a valid payload, and the same for the same signals', () => {
    const signal = fc.oneof(fc.double(), fc.maxSafeNat(), fc.string());
    const attributes = fc.record({ score: signal, comments: signal, daysSeen: signal });
    const property = fc.property(attributes, fc.array(fc.constant('r'), { maxLength: 200 }), (signals, references) => {
      const artifact = { ...ARTIFACT, attributes: signals, references };
      expect(scoreComputedSchema.safeParse(demoScore(artifact)).success).toBe(true);
      expect(demoScore({ ...artifact })).toEqual(demoScore(artifact));
    });
    fc.assert(property, { numRuns: 1000 });
  });
});
