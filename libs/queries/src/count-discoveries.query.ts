import { HarvestError } from '@harvest/kernel';
import type { DiscoveryFilter } from './discovery-filter';
import type { DiscoveryConditions, GroupCondition } from './discovery-conditions';
import type { SqlValues } from './sql-values';

const DAY_MS = 86_400_000;

/**
 * Totals are kept for none, source, type, both, topic, and for whole UTC days of these; for an entity in all. Rejects any other with `total-not-kept`.
 */
export function assertTotalIsKept(filter: DiscoveryFilter): void {
  if (filter.minScore !== null) refuse('minScore', 'no total is kept per score: ask without minScore, or without total');
  if (filter.hours !== null) refuse('hours', 'totals are kept for whole UTC days: ask with since and until as dates, or without total');
  const bounds = [['since', filter.sinceMs] as const, ['until', filter.untilMs] as const].filter(([, ms]) => ms !== null);
  if (filter.entityId !== null && bounds.length > 0)
    refuse('entity', 'no total is kept per entity and day: ask without since and until, or without total');
  for (const [field, ms] of bounds)
    if (Number(ms) % DAY_MS !== 0) refuse(field, `totals are kept for whole UTC days: ${field} must be a date, or ask without total`);
}

function refuse(field: string, message: string): never {
  throw new HarvestError({ code: 'total-not-kept', message, context: { parameter: field } });
}

/**
 * The exact number of discoveries of the filter, from rows maintained with the discoveries: a scalar expression. Days are those of
 * the start of the published period, of any precision, as in the list itself.
 */
export function totalText(filter: DiscoveryFilter, conditions: Pick<DiscoveryConditions, 'countedKinds' | 'group'>, values: SqlValues) {
  const days: string[] = [];
  if (filter.sinceMs !== null) days.push(`c.day >= ${values.add(filter.sinceMs / DAY_MS, 'int4')}`);
  if (filter.untilMs !== null) days.push(`c.day < ${values.add(filter.untilMs / DAY_MS, 'int4')}`);
  if (conditions.group !== null) return totalOfGroup(conditions.group, days);
  const where = [...conditions.countedKinds, ...days].join(' AND ') || 'true';
  // The days of each kind are a range of the key, so a short range reads few rows whatever the filter.
  const ofDays = (schema: string) => `JOIN ${schema}.count_by_day AS c ON c.source = k.source AND c.artifact_type = k.artifact_type`;
  return (schema: string) =>
    days.length === 0
      ? `(SELECT coalesce(sum(k.discoveries), 0) FROM ${schema}.count_by_kind AS k WHERE ${where})`
      : `(SELECT coalesce(sum(c.discoveries), 0) FROM ${schema}.count_by_kind AS k ${ofDays(schema)} WHERE ${where})`;
}

function totalOfGroup({ figures, column, value }: GroupCondition, days: readonly string[]) {
  const table = days.length === 0 ? figures : 'topic_day';
  const where = [`c.${column} = ${value}`, ...days].join(' AND ');
  return (schema: string) => `(SELECT coalesce(sum(c.discoveries), 0) FROM ${schema}.${table} AS c WHERE ${where})`;
}
