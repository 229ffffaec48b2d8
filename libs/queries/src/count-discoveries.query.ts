import { HarvestError } from '@harvest/kernel';
import type { DiscoveryFilter } from './discovery-filter';
import type { DiscoveryConditions } from './discovery-conditions';
import type { SqlValues } from './sql-values';

const DAY_MS = 86_400_000;

/**
 * Totals are kept for none, source, type, both, topic, and for whole UTC days of these. Rejects any other with `total-not-kept`.
 */
export function assertTotalIsKept(filter: DiscoveryFilter): void {
  const refuse = (field: string, message: string) => {
    throw new HarvestError({ code: 'total-not-kept', message, context: { parameter: field } });
  };
  if (filter.minScore !== null) refuse('minScore', 'no total is kept per score: ask without minScore, or without total');
  if (filter.hours !== null) refuse('hours', 'totals are kept for whole UTC days: ask with since and until as dates, or without total');
  for (const [field, ms] of [['since', filter.sinceMs] as const, ['until', filter.untilMs] as const])
    if (ms !== null && ms % DAY_MS !== 0)
      refuse(field, `totals are kept for whole UTC days: ${field} must be a date, or ask without total`);
}

/**
 * The exact number of discoveries of the filter, from rows maintained with the discoveries: a scalar expression. Days are those of
 * the start of the published period, of any precision, as in the list itself.
 */
export function totalText(filter: DiscoveryFilter, conditions: Pick<DiscoveryConditions, 'countedKinds' | 'topic'>, values: SqlValues) {
  const days: string[] = [];
  if (filter.sinceMs !== null) days.push(`c.day >= ${values.add(filter.sinceMs / DAY_MS, 'int4')}`);
  if (filter.untilMs !== null) days.push(`c.day < ${values.add(filter.untilMs / DAY_MS, 'int4')}`);
  if (conditions.topic !== null) return totalOfTopic(conditions.topic, days);
  const where = [...conditions.countedKinds, ...days].join(' AND ') || 'true';
  // The days of each kind are a range of the key, so a short range reads few rows whatever the filter.
  const ofDays = (schema: string) => `JOIN ${schema}.count_by_day AS c ON c.source = k.source AND c.artifact_type = k.artifact_type`;
  return (schema: string) =>
    days.length === 0
      ? `(SELECT coalesce(sum(k.discoveries), 0) FROM ${schema}.count_by_kind AS k WHERE ${where})`
      : `(SELECT coalesce(sum(c.discoveries), 0) FROM ${schema}.count_by_kind AS k ${ofDays(schema)} WHERE ${where})`;
}

function totalOfTopic(topic: string, days: readonly string[]) {
  const table = days.length === 0 ? 'topic_figures' : 'topic_day';
  const where = [`c.topic_id = ${topic}`, ...days].join(' AND ');
  return (schema: string) => `(SELECT coalesce(sum(c.discoveries), 0) FROM ${schema}.${table} AS c WHERE ${where})`;
}
