import { HarvestError } from '@harvest/kernel';
import type { DefinitionVersion, Generation } from '@harvest/read-models';
import { knownDefinition } from '../definitions/current-definitions';

/**
 * Whether this binary runs what the generation was built with.
 * @throws HarvestError `definition-unknown`: a version that this binary no longer (or not yet) has; `definition-changed`: the code of a
 * version is not what it was when the generation was made.
 */
export function checkDefinitions(generation: Pick<Generation, 'generation' | 'definitions'>): void {
  for (const recorded of generation.definitions) checkDefinition(recorded, generation.generation);
}

function checkDefinition(recorded: DefinitionVersion, generation: number): void {
  const name = `${recorded.name}@${recorded.version}`;
  const known = knownDefinition(recorded.name, recorded.version);
  if (known === null) {
    throw new HarvestError({
      code: 'definition-unknown',
      message: `generation ${generation} runs ${name}, which this version of the product does not have: run the version that made it, or build a new generation with \`harvest generations start\``,
      context: { generation, definition: name },
    });
  }
  if (known.fingerprint === recorded.fingerprint) return;
  throw new HarvestError({
    code: 'definition-changed',
    message: `the code of ${name} is not what generation ${generation} was built with: give the changed code a new version and build a generation with \`harvest generations start\`; if it makes the same rows, record it with \`harvest generations accept ${generation}\``,
    context: { generation, definition: name, recorded: recorded.fingerprint, known: known.fingerprint },
  });
}
