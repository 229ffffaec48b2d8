import { createHash } from 'node:crypto';
import type { ARTIFACT_TYPES } from '@harvest/contracts';

export type ArtifactType = (typeof ARTIFACT_TYPES)[number];

export const DISCOVERY_SORTS = ['score', 'recent', 'hot'] as const;
export type DiscoverySort = (typeof DISCOVERY_SORTS)[number];

/** Which discoveries; every member narrows. */
export interface DiscoveryFilter {
  /** Distinct, in the order of their UTF-8 bytes; empty: any. */
  readonly sources: readonly string[];
  readonly artifactType: ArtifactType | null;
  /** The id of a topic, or of an entity: at most one of them, and neither source nor type beside it. */
  readonly topicId: string | null;
  readonly entityId: string | null;
  /** × 10⁴. */
  readonly minScore: number | null;
  /** Inclusive, UTC ms, of the start of the published period. */
  readonly sinceMs: number | null;
  /** Exclusive. */
  readonly untilMs: number | null;
  /** The rolling window that `sinceMs` was made of, when one was asked for. */
  readonly hours: number | null;
}

/** The same question has the same text: part of the cache's key. */
export function canonicalFilter(filter: DiscoveryFilter): string {
  return new URLSearchParams(memberTexts(filter, filter.sinceMs)).toString();
}

/** What a cursor is bound to: a rolling window stays the same question while its start moves on. */
export function filterHash(filter: DiscoveryFilter): string {
  const since = filter.hours === null ? filter.sinceMs : null;
  const text = new URLSearchParams(memberTexts(filter, since)).toString();
  return createHash('sha256')
    .update(`${text}&hours=${filter.hours ?? ''}`)
    .digest('base64url')
    .slice(0, 12);
}

function memberTexts(filter: DiscoveryFilter, sinceMs: number | null): [string, string][] {
  const members: [string, string | null][] = [
    ['source', filter.sources.length === 0 ? null : filter.sources.map(encodeURIComponent).join(',')],
    ['type', filter.artifactType],
    ['topic', filter.topicId],
    ['entity', filter.entityId],
    ['minScore', textOf(filter.minScore)],
    ['since', textOf(sinceMs)],
    ['until', textOf(filter.untilMs)],
  ];
  return members.filter((member): member is [string, string] => member[1] !== null);
}

function textOf(value: number | null): string | null {
  return value === null ? null : String(value);
}
