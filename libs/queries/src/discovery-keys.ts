import { SCORE_COLUMNS } from './artifact-fragment';
import {
  type DiscoveryConditions,
  type DiscoveryOrder,
  type GroupCondition,
  hasKinds,
  rowColumns,
  SORT_COLUMNS,
} from './discovery-conditions';
import { gatheredOfGroup, isCommonGroup, recentOfGroup } from './group-keys';

/** A list is at most so long; one more shows whether there is more. */
export const MAX_LIST_LIMIT = 200;

const BOUND = MAX_LIST_LIMIT + 1;

interface Keys {
  readonly order: DiscoveryOrder;
  readonly conditions: DiscoveryConditions;
}

/** `limit`: a parameter's text. The number in the text tells the planner, whatever it thinks of the parameter, that few rows are wanted. */
interface PageOfKeys extends Keys {
  readonly limit: string;
}

/** One page of keys with what an item needs of its discovery row, best first: columns `sort_key`, `artifact_id`, the scores. */
export function keysOfPage(page: PageOfKeys) {
  const { sort, filter } = page.order;
  const planned = (schema: string) => walk(page, schema, []);
  if (page.conditions.group !== null) return keysOfGroup({ ...page, group: page.conditions.group });
  if (!hasKinds(filter)) return planned;
  // With a bound on the score the planner must choose between the order and the score: one plan for all kinds would be wrong for some.
  if (sort === 'recent') return filter.minScore === null ? mergeKinds(page) : planned;
  return walkOrGather(page);
}

/** As `walkOrGather`; by date the members have the order themselves, but a bound on the score may leave hardly any of them. */
function keysOfGroup(page: PageOfKeys & { readonly group: GroupCondition }) {
  const columns = keyColumns('k');
  if (page.order.sort === 'recent' && page.order.filter.minScore === null) {
    const recent = recentOfGroup(page, columns);
    return (schema: string) => bounded(recent(schema), page.limit);
  }
  return (schema: string) => {
    const isCommon = isCommonGroup(page, schema);
    const gathered = gatheredOfGroup(page, columns, `NOT ${isCommon}`);
    return eitherOf(page, walk(page, schema, [isCommon]), bounded(gathered(schema), page.limit));
  };
}

/** Two ways to the same page, of which one yields nothing. */
function eitherOf({ limit }: PageOfKeys, walked: string, gathered: string): string {
  return `SELECT ${keyColumns('e')} FROM ((${walked}) UNION ALL (${gathered})) AS e
    ORDER BY e.sort_key DESC, e.artifact_id DESC LIMIT ${limit}`;
}

/** All keys in order, for a stream. */
export function keysOfAll(order: DiscoveryOrder, conditions: DiscoveryConditions) {
  return (schema: string) => `${selectRows({ order, conditions }, schema, [])} ${orderBy(order)}`;
}

/** Along the index of the order, past what does not fit. */
function walk(page: PageOfKeys, schema: string, gates: readonly string[]): string {
  return bounded(`${selectRows(page, schema, gates)} ${orderBy(page.order)}`, page.limit);
}

/** Each kind has its own range of one index, in the order wanted: the best of each, merged. Reads a page per kind, whatever their sizes. */
function mergeKinds({ order, conditions, limit }: PageOfKeys) {
  return (schema: string) => {
    const where = ['d.visible', 'd.source = kind.source', 'd.artifact_type = kind.artifact_type', ...conditions.ranges].join(' AND ');
    const ofKind = bounded(`SELECT ${rowColumns(order)} FROM ${schema}.discovery AS d WHERE ${where} ${orderBy(order)}`, limit);
    const kinds = `SELECT k.source, k.artifact_type FROM ${schema}.count_by_kind AS k WHERE ${['k.discoveries > 0', ...conditions.countedKinds].join(' AND ')}`;
    return bounded(
      `SELECT ${keyColumns('best')} FROM (${kinds}) AS kind CROSS JOIN LATERAL (${ofKind}) AS best ORDER BY best.sort_key DESC, best.artifact_id DESC`,
      limit,
    );
  };
}

/**
 * No index leads with the kind under this order. Walking the order reads about limit × all / matching rows, gathering and sorting
 * the kind reads all that match: the counts, which are exact, say which is less, so neither reads more than √(limit × all).
 * The planner is not asked: it takes walking for five to ten times cheaper than it is. `+ 0` keeps the gathering off the order's index.
 */
function walkOrGather(page: PageOfKeys) {
  const { order, conditions, limit } = page;
  return (schema: string) => {
    const matching = `sum(k.discoveries) FILTER (WHERE ${conditions.countedKinds.join(' AND ')})`;
    const isCommon = `(SELECT coalesce(${matching} * ${matching} >= ${limit} * sum(k.discoveries), false) FROM ${schema}.count_by_kind AS k)`;
    const walked = walk(page, schema, [isCommon]);
    const gathered = `${selectRows(page, schema, [`NOT ${isCommon}`])} ORDER BY d.${SORT_COLUMNS[order.sort]} + 0 DESC, d.artifact_id DESC`;
    return eitherOf(page, walked, bounded(gathered, limit));
  };
}

function selectRows({ order, conditions }: Keys, schema: string, gates: readonly string[]): string {
  const where = ['d.visible', ...conditions.kinds(schema), ...conditions.ranges, ...gates].join(' AND ');
  return `SELECT ${rowColumns(order)} FROM ${schema}.discovery AS d WHERE ${where}`;
}

/** The columns of a page of keys, as `alias` offers them. */
export function keyColumns(alias: string): string {
  return ['sort_key', 'artifact_id', ...SCORE_COLUMNS].map((name) => `${alias}.${name}`).join(', ');
}

function orderBy(order: DiscoveryOrder): string {
  return `ORDER BY d.${SORT_COLUMNS[order.sort]} DESC, d.artifact_id DESC`;
}

function bounded(inner: string, limit: string): string {
  return `SELECT ${keyColumns('b')} FROM (${inner} LIMIT ${BOUND}) AS b LIMIT ${limit}`;
}
