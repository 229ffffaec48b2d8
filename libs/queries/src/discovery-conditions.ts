import { SCORE_COLUMNS } from './artifact-fragment';
import type { DiscoveryFilter, DiscoverySort } from './discovery-filter';
import type { SqlValues } from './sql-values';

/** Where a list goes on: the sort value and id of the last item seen. */
export interface LastKey {
  readonly value: bigint;
  readonly artifactId: string;
}

export interface DiscoveryOrder {
  readonly filter: DiscoveryFilter;
  readonly sort: DiscoverySort;
  readonly after: LastKey | null;
}

export const SORT_COLUMNS: Record<DiscoverySort, string> = { score: 'discovery_score', recent: 'published_ms', hot: 'hot' };

/** Condition texts over one set of parameters, so that several parts of a statement can say the same. */
export interface DiscoveryConditions {
  /** On a discovery row `d`: everything but source and type. */
  readonly ranges: readonly string[];
  /** On a discovery row `d`: source and type. Empty: any. */
  kinds(schema: string): readonly string[];
  /** On a row `k` of the counts by kind: the same sources and types. Empty: any. */
  readonly countedKinds: readonly string[];
  /** The topic or entity; null: any. */
  readonly group: GroupCondition | null;
}

/** Where the members and figures of a topic or entity stand. */
export interface GroupCondition {
  readonly members: 'artifact_topic' | 'artifact_entity';
  readonly figures: 'topic_figures' | 'entity_figures';
  readonly column: 'topic_id' | 'entity_id';
  /** The parameter's text of its id. */
  readonly value: string;
}

export function discoveryConditions(order: DiscoveryOrder, values: SqlValues): DiscoveryConditions {
  const { sources, artifactType } = order.filter;
  const source = sources.length === 0 ? null : values.add(sources, 'text[]');
  const type = artifactType === null ? null : values.add(artifactType, 'text');
  const group = groupOf(order.filter, values);
  const countedKinds = [...(source ? [`k.source = ANY (${source})`] : []), ...(type ? [`k.artifact_type = ${type}`] : [])];
  return {
    ranges: rangeTexts(order, values),
    countedKinds,
    group,
    kinds: (schema) => [...kindTexts(schema, source, type), ...(group === null ? [] : [inGroup(schema, group)])],
  };
}

function groupOf({ topicId, entityId }: DiscoveryFilter, values: SqlValues): GroupCondition | null {
  if (topicId !== null)
    return { members: 'artifact_topic', figures: 'topic_figures', column: 'topic_id', value: values.add(topicId, 'text') };
  if (entityId === null) return null;
  return { members: 'artifact_entity', figures: 'entity_figures', column: 'entity_id', value: values.add(entityId, 'text') };
}

/** One look-up in the members' key for each row. OFFSET 0 keeps it so: the planner would rather read all members first. */
function inGroup(schema: string, { members, column, value }: GroupCondition): string {
  return `EXISTS (SELECT 1 FROM ${schema}.${members} AS m
    WHERE m.${column} = ${value} AND m.published_ms = d.published_ms AND m.artifact_id = d.artifact_id OFFSET 0)`;
}

/** A type alone is no prefix of any index; the sources that have it are few and kept, so they are named beside it. */
function kindTexts(schema: string, source: string | null, type: string | null): readonly string[] {
  if (source !== null) return [`d.source = ANY (${source})`, ...(type === null ? [] : [`d.artifact_type = ${type}`])];
  if (type === null) return [];
  const having = `SELECT k.source FROM ${schema}.count_by_kind AS k WHERE k.artifact_type = ${type} AND k.discoveries > 0`;
  return [`d.artifact_type = ${type}`, `d.source = ANY (ARRAY(${having}))`];
}

function rangeTexts({ filter, sort, after }: DiscoveryOrder, values: SqlValues): readonly string[] {
  const texts: string[] = [];
  if (filter.minScore !== null) texts.push(`d.discovery_score >= ${values.add(filter.minScore, 'int4')}`);
  if (filter.sinceMs !== null) texts.push(`d.published_ms >= ${values.add(filter.sinceMs, 'int8')}`);
  if (filter.untilMs !== null) texts.push(`d.published_ms < ${values.add(filter.untilMs, 'int8')}`);
  if (after !== null) {
    const value = values.add(after.value, sort === 'score' ? 'int4' : 'int8');
    texts.push(`(d.${SORT_COLUMNS[sort]}, d.artifact_id) < (${value}, ${values.add(after.artifactId, 'text')})`);
  }
  return texts;
}

/** Which texts and parameters a statement has: one name, one text. */
export function shapeOf({ filter, sort, after }: DiscoveryOrder): string {
  const { sources, artifactType: type, topicId: topic, entityId: entity, minScore: min, sinceMs: since, untilMs: until } = filter;
  const given = Object.entries({ source: sources[0] ?? null, type, topic, entity, min, since, until, after });
  return [sort, ...given.filter(([, value]) => value !== null).map(([name]) => name)].join('-');
}

/** Of a topic or of an entity. */
export function hasGroup({ topicId, entityId }: DiscoveryFilter): boolean {
  return topicId !== null || entityId !== null;
}

export function hasKinds(filter: DiscoveryFilter): boolean {
  return filter.sources.length > 0 || filter.artifactType !== null;
}

/**
 * `custom` where the best plan depends on the very values: a range on another column than the order's, or a kind under an order
 * that no index leads with it; a total over a range of days.
 */
export function planOf(order: DiscoveryOrder, total: boolean): 'generic' | 'custom' {
  return (total && isRanged(order.filter)) || dependsOnValues(order) ? 'custom' : 'generic';
}

function dependsOnValues({ filter, sort }: DiscoveryOrder): boolean {
  if (sort === 'recent') return filter.minScore !== null;
  return hasKinds(filter) || hasGroup(filter) || isRanged(filter) || (sort === 'hot' && filter.minScore !== null);
}

function isRanged(filter: DiscoveryFilter): boolean {
  return filter.sinceMs !== null || filter.untilMs !== null;
}

/** What a page of keys needs of a discovery row `d`. */
export function rowColumns(order: DiscoveryOrder): string {
  return [`d.${SORT_COLUMNS[order.sort]} AS sort_key`, 'd.artifact_id', ...SCORE_COLUMNS.map((name) => `d.${name}`)].join(', ');
}
