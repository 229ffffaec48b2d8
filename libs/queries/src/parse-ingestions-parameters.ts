import { MAX_LIST_LIMIT } from './discovery-keys';
import { ParameterReader } from './parameter-reader';
import { DEFAULT_LIST_LIMIT } from './parse-discoveries-parameters';
import { parseReadRequirements, READ_REQUIREMENT_PARAMETERS, type ReadRequirements } from './read-requirements';

export interface IngestionsParameters {
  readonly limit: number;
  readonly cursor: string | null;
}

export interface ParsedIngestions {
  readonly parameters: IngestionsParameters;
  readonly requirements: ReadRequirements;
  /** For the cache. */
  readonly key: string;
}

/** As strict as the discoveries'. */
export function parseIngestionsParameters(search: URLSearchParams): ParsedIngestions {
  const reader = new ParameterReader(search, ['limit', 'cursor', ...READ_REQUIREMENT_PARAMETERS]);
  const limit = reader.integer('limit', { min: 1, max: MAX_LIST_LIMIT }) ?? DEFAULT_LIST_LIMIT;
  const cursor = reader.text('cursor');
  return {
    parameters: { limit, cursor },
    requirements: parseReadRequirements(reader),
    key: `/v1/ingestions?limit=${limit}&cursor=${cursor ?? ''}`,
  };
}

/** What answers about one thing take: only requirements. */
export function parseRequirementsOnly(search: URLSearchParams): ReadRequirements {
  return parseReadRequirements(new ParameterReader(search, READ_REQUIREMENT_PARAMETERS));
}
