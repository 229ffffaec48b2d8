import { ARTIFACT_TYPES, publishedPeriod } from '@harvest/contracts';
import { compareUtf8, HarvestError, isHarvestError } from '@harvest/kernel';
import { canonicalFilter, DISCOVERY_SORTS, type DiscoveryFilter, type DiscoverySort } from './discovery-filter';
import { MAX_LIST_LIMIT } from './discovery-keys';
import { invalidParameter, ParameterReader } from './parameter-reader';
import { parseReadRequirements, READ_REQUIREMENT_PARAMETERS, type ReadRequirements } from './read-requirements';

export interface DiscoveriesParameters {
  readonly filter: DiscoveryFilter;
  readonly sort: DiscoverySort;
  readonly limit: number;
  readonly cursor: string | null;
  readonly total: boolean;
}

export interface ParsedDiscoveries {
  readonly parameters: DiscoveriesParameters;
  readonly requirements: ReadRequirements;
  /** The same question has the same key: for the cache. Requirements are not part of it. */
  readonly key: string;
}

export const DEFAULT_LIST_LIMIT = 50;
const FILTER_PARAMETERS = ['source', 'type', 'topic', 'entity', 'minScore', 'since', 'until', 'hours', 'sort', 'cursor'];
const LIST_PARAMETERS = [...FILTER_PARAMETERS, 'limit', 'total', ...READ_REQUIREMENT_PARAMETERS];
/** Known to the design, and not served before their read models are. */
const NOT_YET_SERVED = ['category'];
const MAX_GROUP_LENGTH = 1000;
const MAX_SOURCES = 20;
const MAX_SOURCE_LENGTH = 200;
const MAX_HOURS = 24 * 366 * 10;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/**
 * Strict: an unknown, repeated or impossible parameter rejects with a coded error naming it; so does a combination that no index
 * serves (`combination-not-served`, naming the nearest that is).
 * @param nowMs for `hours`, whose window starts at a whole minute so that the same question stays the same for a while.
 */
export function parseDiscoveriesParameters(search: URLSearchParams, nowMs: number): ParsedDiscoveries {
  refuseNotYetServed(search);
  const reader = new ParameterReader(search, LIST_PARAMETERS);
  const limit = reader.integer('limit', { min: 1, max: MAX_LIST_LIMIT }) ?? DEFAULT_LIST_LIMIT;
  const parameters = { ...commonParameters(reader, nowMs), limit, total: reader.flag('total') };
  return { parameters, requirements: parseReadRequirements(reader), key: keyOf('/v1/discoveries', parameters) };
}

/** The export takes the same filters and sorts; it has no limit, no total and no requirements. */
export function parseExportParameters(search: URLSearchParams, nowMs: number): DiscoveriesParameters {
  refuseNotYetServed(search);
  const reader = new ParameterReader(search, FILTER_PARAMETERS);
  return { ...commonParameters(reader, nowMs), limit: MAX_LIST_LIMIT, total: false };
}

function commonParameters(reader: ParameterReader, nowMs: number) {
  return {
    filter: parseFilter(reader, nowMs),
    sort: reader.oneOf('sort', DISCOVERY_SORTS) ?? ('score' as const),
    cursor: reader.text('cursor'),
  };
}

function parseFilter(reader: ParameterReader, nowMs: number): DiscoveryFilter {
  const hours = reader.integer('hours', { min: 1, max: MAX_HOURS });
  const since = parseDate(reader, 'since');
  const untilMs = parseDate(reader, 'until');
  if (hours !== null && since !== null) throw invalidParameter('hours', 'and "since" say the same thing twice: give one of them');
  const sinceMs = hours === null ? since : Math.floor((nowMs - hours * HOUR_MS) / MINUTE_MS) * MINUTE_MS;
  if (sinceMs !== null && untilMs !== null && sinceMs >= untilMs)
    throw invalidParameter('until', 'must be later than the start of the range');
  return {
    sources: parseSources(reader),
    artifactType: reader.oneOf('type', ARTIFACT_TYPES),
    topicId: parseGroup(reader, 'topic', ['source', 'type', 'entity']),
    entityId: parseGroup(reader, 'entity', ['source', 'type', 'topic']),
    minScore: parseMinScore(reader),
    sinceMs,
    untilMs,
    hours,
  };
}

function parseSources(reader: ParameterReader): readonly string[] {
  const text = reader.text('source');
  if (text === null) return [];
  const sources = [...new Set(text.split(','))].sort(compareUtf8);
  if (sources.length > MAX_SOURCES) throw invalidParameter('source', `may name at most ${MAX_SOURCES} sources`);
  if (sources.some((source) => source === '' || source.length > MAX_SOURCE_LENGTH)) {
    throw invalidParameter('source', `names sources separated by commas, each of 1 to ${MAX_SOURCE_LENGTH} characters`);
  }
  return sources;
}

function parseGroup(reader: ParameterReader, name: 'topic' | 'entity', others: readonly string[]): string | null {
  const id = reader.text(name);
  if (id === null) return null;
  if (id.length > MAX_GROUP_LENGTH) throw invalidParameter(name, `is an id of at most ${MAX_GROUP_LENGTH} characters`);
  const other = others.find((one) => reader.text(one) !== null);
  if (other !== undefined) throw notServed(`by ${name} and ${other} together`, other);
  return id;
}

/** × 10⁴, exactly: scores have at most four decimals. */
function parseMinScore(reader: ParameterReader): number | null {
  const text = reader.text('minScore');
  if (text === null) return null;
  const parts = /^(\d{1,3})(?:\.(\d{1,4}))?$/.exec(text);
  const scaled = parts ? Number(parts[1]) * 10_000 + Number((parts[2] ?? '').padEnd(4, '0')) : Number.NaN;
  if (!(scaled <= 1_000_000)) throw invalidParameter('minScore', 'must be a number from 0 to 100 with at most four decimals');
  return scaled;
}

/** A partial date means the start of its period. */
function parseDate(reader: ParameterReader, name: string): number | null {
  const text = reader.text(name);
  if (text === null) return null;
  try {
    return publishedPeriod(text).publishedMs;
  } catch (error) {
    if (!isHarvestError(error)) throw error;
    throw invalidParameter(name, 'must be a date: YYYY, YYYY-MM, YYYY-MM-DD, or RFC 3339 with its zone ("+" written as %2B), 1900 to 2100');
  }
}

function refuseNotYetServed(search: URLSearchParams): void {
  const name = NOT_YET_SERVED.find((one) => search.has(one));
  if (name !== undefined) throw notServed(`by ${name} yet`, name);
}

function notServed(how: string, parameter: string): HarvestError {
  return new HarvestError({
    code: 'combination-not-served',
    message: `discoveries cannot be asked for ${how}; the nearest that is served is topic or entity alone, source, type, or source and type`,
    context: { parameter, nearest: ['topic', 'entity', 'source', 'type', 'source+type'] },
  });
}

function keyOf(path: string, parameters: DiscoveriesParameters): string {
  const { filter, sort, limit, cursor, total } = parameters;
  const rest = `sort=${sort}&limit=${limit}&total=${total}&hours=${filter.hours ?? ''}&cursor=${cursor ?? ''}`;
  return `${path}?${canonicalFilter(filter)}&${rest}`;
}
