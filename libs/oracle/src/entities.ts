import { compareUtf8 } from '@harvest/kernel';

export interface Entity {
  readonly entityId: string;
  readonly name: string;
  readonly roles: number;
}

/** As events name them. */
export interface NamedEntities {
  readonly authors?: readonly { readonly name: string; readonly entityId?: string }[];
  readonly entities?: { readonly people?: readonly string[]; readonly labs?: readonly string[]; readonly orgs?: readonly string[] };
}

const LONGEST = 170;

/** Once more and on its own: one of each id, in all its roles (author 1, person 2, lab 4, organisation 8), by the smallest name. */
export function entitiesNamed({ authors = [], entities = {} }: NamedEntities): readonly Entity[] {
  const all: Entity[] = authors.map(({ name, entityId }) => ({ entityId: entityId ?? idOf(name), name, roles: 1 }));
  const given = new Set(authors.flatMap(({ entityId }) => entityId ?? []));
  const lists = [
    [entities.people ?? [], 2],
    [entities.labs ?? [], 4],
    [entities.orgs ?? [], 8],
  ] as const;
  for (const [names, roles] of lists) for (const name of names) all.push({ entityId: idOf(name), name, roles });
  const fits = ({ entityId, name }: Entity) => name !== '' && name.length <= LONGEST && (given.has(entityId) || entityId.length <= LONGEST);
  const byId = Map.groupBy(all.filter(fits), ({ entityId }) => entityId);
  return [...byId.values()].map((same) => ({
    entityId: same[0]!.entityId,
    name: same.map(({ name }) => name).sort(compareUtf8)[0]!,
    roles: same.reduce((bits, { roles }) => bits | roles, 0),
  }));
}

function idOf(name: string): string {
  return `name:${name.normalize('NFKC').toLowerCase().split(/\s+/u).filter(Boolean).join(' ')}`;
}
