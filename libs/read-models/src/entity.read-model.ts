import type { Contribution, Membership, MembershipChanges } from './membership';

/** As what an artifact names an entity; an artifact may name one in several roles, so they are bits. */
export const ENTITY_ROLES = { author: 1, person: 2, lab: 4, organisation: 8 } as const;
export type EntityRole = keyof typeof ENTITY_ROLES;

/** A person, lab or organisation that an observed artifact names: as its author, or in its classification. */
export interface EntityMention {
  /** The producer's, or derived from the name. */
  readonly entityId: string;
  /** As it was written there; figures are kept per spelling, like those of topics. */
  readonly name: string;
  /** The sum of `ENTITY_ROLES`. */
  readonly roles: number;
}

export type ArtifactEntityRow = EntityMention & Membership;
export type EntityDelta = EntityMention & Contribution;
export type EntityChanges = MembershipChanges<EntityMention>;

export const ENTITY_READ_MODEL = { name: 'entity', version: 1 } as const;
