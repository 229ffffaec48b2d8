import { readFileSync } from 'node:fs';
import { currentDefinitions, knownDefinition } from './current-definitions';

const { generate, TARGET } = require('../../generate-fingerprints.cjs') as { generate: () => string; TARGET: string };

describe('fingerprints of definitions', () => {
  it('are current (else: node libs/projections/generate-fingerprints.cjs, and think of a new version)', () => {
    expect(readFileSync(TARGET, 'utf8')).toBe(generate());
  });

  it('exist for all that a new generation runs', () => {
    expect(currentDefinitions().map(({ name, version }) => `${name}@${version}`)).toEqual([
      'artifact-card@2',
      'counts@1',
      'discovery@1',
      'entity@1',
      'ingestion@1',
      'topic@1',
    ]);
    expect(knownDefinition('discovery', 99)).toBeNull();
  });
});
