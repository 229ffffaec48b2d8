import { type DiscoveryOrder, type GroupCondition, rowColumns } from './discovery-conditions';

interface PageInGroup {
  readonly order: DiscoveryOrder;
  readonly conditions: { readonly ranges: readonly string[] };
  readonly group: GroupCondition;
  /** A parameter's text. */
  readonly limit: string;
}

/** A topic's or entity's members' rows as keys of a page, in no order. */
function membersOf({ order, group }: PageInGroup, schema: string, ranges: readonly string[]): string {
  const where = ['d.artifact_id = m.artifact_id', 'd.visible', ...ranges].join(' AND ');
  // OFFSET 0 keeps it a look-up by primary key for each member, whatever the planner thinks of their number.
  return `FROM ${schema}.${group.members} AS m
    CROSS JOIN LATERAL (SELECT ${rowColumns(order)} FROM ${schema}.discovery AS d WHERE ${where} OFFSET 0) AS k
    WHERE m.${group.column} = ${group.value}`;
}

/** By date: the members' own order, one range of their key. */
export function recentOfGroup(page: PageInGroup, columns: string): (schema: string) => string {
  const { ranges } = page.conditions;
  const ofMember = ranges
    .filter(isOfDate)
    .map((range) => range.replaceAll('d.published_ms', 'm.published_ms').replaceAll('d.artifact_id', 'm.artifact_id'));
  const others = ranges.filter((range) => !isOfDate(range));
  return (schema) => `SELECT ${columns} ${[membersOf(page, schema, others), ...ofMember].join(' AND ')}
    ORDER BY m.published_ms DESC, m.artifact_id DESC`;
}

const isOfDate = (range: string) => range.includes('d.published_ms');

/** All members, to be sorted. */
export function gatheredOfGroup(page: PageInGroup, columns: string, gate: string): (schema: string) => string {
  return (schema) => `SELECT ${columns} ${membersOf(page, schema, page.conditions.ranges)} AND ${gate}
    ORDER BY k.sort_key DESC, k.artifact_id DESC`;
}

/**
 * Whether walking the order's index past others' rows (limit × all / the group's discoveries) reads less than all the group's
 * members. The figures are exact.
 */
export function isCommonGroup({ group, limit }: PageInGroup, schema: string): string {
  return `(SELECT coalesce(sum(f.artifacts) * sum(f.discoveries) >= ${limit}
      * (SELECT coalesce(sum(k.discoveries), 0) FROM ${schema}.count_by_kind AS k), false)
    FROM ${schema}.${group.figures} AS f WHERE f.${group.column} = ${group.value})`;
}
