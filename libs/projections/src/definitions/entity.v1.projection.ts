import { ENTITY_READ_MODEL } from '@harvest/read-models';
import type { EntityChanges } from '@harvest/read-models';
import type { ProjectionDefinition } from './definition';
import { parseEntities } from './entity-mentions';
import { type Belonging, membershipChanges } from './memberships';

/** Which observed artifacts name a person, a lab or an organisation, and the figures of each. */
export const entityV1 = {
  ...ENTITY_READ_MODEL,
  handles: ['artifact.observed', 'artifact.classified', 'artifact.retracted', 'score.computed', 'tombstone'],
  evolve: (before: Belonging | null, after: Belonging): EntityChanges => membershipChanges(parseEntities, before, after),
} as const satisfies ProjectionDefinition & { evolve: unknown };
