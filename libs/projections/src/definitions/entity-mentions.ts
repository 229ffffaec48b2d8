import { derivedNameId } from '@harvest/contracts';
import { compareUtf8 } from '@harvest/kernel';
import { ENTITY_ROLES, MAX_NAME_LENGTH, type EntityMention, type EntityRole } from '@harvest/read-models';

/** As payloads name an author. */
interface NamedAuthor {
  readonly name: string;
  readonly entityId?: string | undefined;
}

/** As a classification names entities. */
interface ClassifiedEntities {
  readonly people?: readonly string[] | undefined;
  readonly labs?: readonly string[] | undefined;
  readonly orgs?: readonly string[] | undefined;
}

/** Where entities are named: the artifact's authors and its classification. */
export interface EntitySources {
  readonly authors?: readonly NamedAuthor[] | null | undefined;
  readonly classification?: { readonly entities?: ClassifiedEntities | null | undefined } | undefined;
}

/**
 * The entities of an artifact as the card's row keeps them, sorted by id: one of each, in all its roles, by the smallest of its names. ''
 * when there are none. What is too long for a name is nobody's.
 */
export function entitiesText({ authors, classification }: EntitySources): string {
  const mentions = new Map<string, EntityMention>();
  for (const { name, entityId } of authors ?? []) note(mentions, { name, entityId, role: 'author' });
  if (classification?.entities) noteClassified(mentions, classification.entities);
  if (mentions.size === 0) return '';
  const sorted = [...mentions.values()].sort((left, right) => compareUtf8(left.entityId, right.entityId));
  return JSON.stringify(sorted.map(({ entityId, name, roles }) => [entityId, name, roles]));
}

function noteClassified(mentions: Map<string, EntityMention>, { people = [], labs = [], orgs = [] }: ClassifiedEntities): void {
  for (const name of people) note(mentions, { name, role: 'person' });
  for (const name of labs) note(mentions, { name, role: 'lab' });
  for (const name of orgs) note(mentions, { name, role: 'organisation' });
}

/** Back from `entitiesText`. */
export function parseEntities(text: string): readonly EntityMention[] {
  if (text === '') return NONE;
  const rows = JSON.parse(text) as readonly [string, string, number][];
  return rows.map(([entityId, name, roles]) => ({ entityId, name, roles }));
}

const NONE: readonly EntityMention[] = [];

interface Named {
  readonly name: string;
  readonly entityId?: string | undefined;
  readonly role: EntityRole;
}

function note(mentions: Map<string, EntityMention>, { name, entityId, role }: Named): void {
  const id = entityId ?? derivedNameId(name);
  if (!isName(name) || (entityId === undefined && !isName(id))) return;
  const known = mentions.get(id);
  mentions.set(id, known === undefined ? { entityId: id, name, roles: ENTITY_ROLES[role] } : merged(known, name, role));
}

const isName = (text: string) => text !== '' && text.length <= MAX_NAME_LENGTH;

function merged({ entityId, name: known, roles }: EntityMention, name: string, role: EntityRole): EntityMention {
  return { entityId, name: compareUtf8(known, name) < 0 ? known : name, roles: roles | ENTITY_ROLES[role] };
}
