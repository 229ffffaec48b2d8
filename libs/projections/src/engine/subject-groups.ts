import { utf8OrderOf } from '@harvest/kernel';
import type { Fact } from '../definitions/definition';

/** One subject's facts of a chunk, in log order. */
export interface SubjectGroup {
  readonly id: string;
  readonly first: Fact;
  /** Null for a single one: the usual case, which allocates nothing more. */
  rest: Fact[] | null;
}

/** Per subject, sorted as the store locks them: by the id's UTF-8 bytes. Unsorted chunks deadlock each other. */
export function groupBySubject(facts: readonly Fact[]): readonly SubjectGroup[] {
  const groups = new Map<string, SubjectGroup>();
  for (const fact of facts) {
    const id = fact.event.subject;
    const group = groups.get(id);
    if (group === undefined) groups.set(id, { id, first: fact, rest: null });
    else (group.rest ??= []).push(fact);
  }
  const order = utf8OrderOf(groups.keys());
  return [...groups.values()].sort((left, right) => order(left.id, right.id));
}

export function factsOfGroup(group: SubjectGroup): readonly Fact[] {
  return group.rest === null ? [group.first] : [group.first, ...group.rest];
}

export const sizeOfGroup = (group: SubjectGroup): number => 1 + (group.rest?.length ?? 0);
