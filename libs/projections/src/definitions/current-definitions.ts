import type { DefinitionVersion } from '@harvest/read-models';
import { artifactCardV2 } from './artifact-card.v2.projection';
import { countsV1 } from './counts.v1.projection';
import type { ProjectionDefinition } from './definition';
import { discoveryV1 } from './discovery.v1.projection';
import { DEFINITION_FINGERPRINTS } from './fingerprints.generated';
import { entityV1 } from './entity.v1.projection';
import { ingestionV1 } from './ingestion.v1.projection';
import { topicV1 } from './topic.v1.projection';

/** What a new generation runs. */
const CURRENT: readonly ProjectionDefinition[] = [artifactCardV2, countsV1, discoveryV1, entityV1, ingestionV1, topicV1];
/** Every version this binary can still run; one leaves when the last generation that runs it is retired. */
const KNOWN: readonly ProjectionDefinition[] = CURRENT;

/** The definitions of a new generation, with the fingerprints of their code, by name. */
export function currentDefinitions(): readonly DefinitionVersion[] {
  return CURRENT.map(versionOf);
}

/** The same of one version that this binary knows; null when it does not. */
export function knownDefinition(name: string, version: number): DefinitionVersion | null {
  const found = KNOWN.find((definition) => definition.name === name && definition.version === version);
  return found ? versionOf(found) : null;
}

function versionOf({ name, version }: ProjectionDefinition): DefinitionVersion {
  const fingerprint = DEFINITION_FINGERPRINTS[`${name}@${version}`];
  if (fingerprint === undefined) throw new Error(`no fingerprint of ${name}@${version}: run libs/projections/generate-fingerprints.cjs`);
  return { name, version, fingerprint };
}
