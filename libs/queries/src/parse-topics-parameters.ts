import { publishedPeriod } from '@harvest/contracts';
import { isHarvestError } from '@harvest/kernel';
import { MAX_LIST_LIMIT } from './discovery-keys';
import { invalidParameter, ParameterReader } from './parameter-reader';
import { DEFAULT_LIST_LIMIT } from './parse-discoveries-parameters';
import { parseReadRequirements, READ_REQUIREMENT_PARAMETERS, type ReadRequirements } from './read-requirements';

const TIMELINE_BUCKETS = ['day', 'month', 'year'] as const;
export type TimelineBucket = (typeof TIMELINE_BUCKETS)[number];

export interface TopicsParameters {
  readonly limit: number;
  readonly cursor: string | null;
}

export interface TimelineParameters {
  readonly bucket: TimelineBucket;
  /** Whole UTC days since 1970-01-01, inclusive. */
  readonly sinceDay: number;
  /** Exclusive. */
  readonly untilDay: number;
  readonly limit: number;
}

export interface TrendingParameters {
  readonly windowDays: number;
  /** The day after the window's last, in whole UTC days since 1970-01-01. */
  readonly endDay: number;
  readonly limit: number;
}

interface Parsed<P> {
  readonly parameters: P;
  readonly requirements: ReadRequirements;
  /** For the cache. */
  readonly key: string;
}

const DAY_MS = 86_400_000;
/** The days of 1900-01-01 and 2101-01-01: what a date may be. */
const [FIRST_DAY, LAST_DAY] = [Date.UTC(1900, 0) / DAY_MS, Date.UTC(2101, 0) / DAY_MS];
const MAX_BUCKETS = 1_000;
const DEFAULT_BUCKETS = 120;
const DEFAULT_WINDOW_DAYS = 14;
const MAX_WINDOW_DAYS = 365;

/** As strict as the discoveries'. */
export function parseTopicsParameters(search: URLSearchParams): Parsed<TopicsParameters> {
  const reader = new ParameterReader(search, ['limit', 'cursor', ...READ_REQUIREMENT_PARAMETERS]);
  const limit = reader.integer('limit', { min: 1, max: MAX_LIST_LIMIT }) ?? DEFAULT_LIST_LIMIT;
  const cursor = reader.text('cursor');
  return {
    parameters: { limit, cursor },
    requirements: parseReadRequirements(reader),
    key: `/v1/topics?limit=${limit}&cursor=${cursor ?? ''}`,
  };
}

export function parseTimelineParameters(search: URLSearchParams, topicId: string): Parsed<TimelineParameters> {
  const reader = new ParameterReader(search, ['bucket', 'since', 'until', 'limit', ...READ_REQUIREMENT_PARAMETERS]);
  const parameters = {
    bucket: reader.oneOf('bucket', TIMELINE_BUCKETS) ?? ('month' as const),
    sinceDay: parseDay(reader, 'since') ?? FIRST_DAY,
    untilDay: parseDay(reader, 'until') ?? LAST_DAY,
    limit: reader.integer('limit', { min: 1, max: MAX_BUCKETS }) ?? DEFAULT_BUCKETS,
  };
  if (parameters.sinceDay >= parameters.untilDay) throw invalidParameter('until', 'must be later than the start of the range');
  const { bucket, sinceDay, untilDay, limit } = parameters;
  const key = `/v1/topics/${encodeURIComponent(topicId)}/timeline?bucket=${bucket}&since=${sinceDay}&until=${untilDay}&limit=${limit}`;
  return { parameters, requirements: parseReadRequirements(reader), key };
}

/** @param nowMs the window ends with its UTC day, unless `until` says another. */
export function parseTrendingParameters(search: URLSearchParams, nowMs: number): Parsed<TrendingParameters> {
  const reader = new ParameterReader(search, ['windowDays', 'until', 'limit', ...READ_REQUIREMENT_PARAMETERS]);
  const parameters = {
    windowDays: reader.integer('windowDays', { min: 1, max: MAX_WINDOW_DAYS }) ?? DEFAULT_WINDOW_DAYS,
    endDay: parseDay(reader, 'until') ?? Math.floor(nowMs / DAY_MS) + 1,
    limit: reader.integer('limit', { min: 1, max: MAX_LIST_LIMIT }) ?? DEFAULT_LIST_LIMIT,
  };
  const { windowDays, endDay, limit } = parameters;
  const key = `/v1/topics/trending?windowDays=${windowDays}&until=${endDay}&limit=${limit}`;
  return { parameters, requirements: parseReadRequirements(reader), key };
}

/** The whole UTC day of a date; a partial one means the start of its period. */
function parseDay(reader: ParameterReader, name: string): number | null {
  const text = reader.text(name);
  if (text === null) return null;
  const rule = 'must be a date: YYYY, YYYY-MM or YYYY-MM-DD, 1900 to 2100';
  if (!/^\d{4}(-\d{2}){0,2}$/.test(text)) throw invalidParameter(name, rule);
  try {
    return Math.floor(publishedPeriod(text).publishedMs / DAY_MS);
  } catch (error) {
    if (!isHarvestError(error)) throw error;
    throw invalidParameter(name, rule);
  }
}
