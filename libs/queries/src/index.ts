export { createQueries, type Queries, type QueriesOptions } from './create-queries';
export { DISCOVERY_SORTS, type DiscoverySort } from './discovery-filter';
export { MAX_LIST_LIMIT } from './discovery-keys';
export type { IngestionViewState, PartitionProgress } from './ingestion-view';
export type { Answered } from './list-discoveries.query';
export { etagOf, toCachedAnswer, toLoadedAnswer } from './loaded-answer';
export {
  DEFAULT_LIST_LIMIT,
  type DiscoveriesParameters,
  parseDiscoveriesParameters,
  type ParsedDiscoveries,
  parseExportParameters,
} from './parse-discoveries-parameters';
export { MAX_LOOKUP_IDS, parseId, parseLookupBody } from './parse-ids';
export {
  type IngestionsParameters,
  type ParsedIngestions,
  parseIngestionsParameters,
  parseRequirementsOnly,
} from './parse-ingestions-parameters';
export { covers, decodePosition, encodePosition, type Position, positionOf } from './position';
export { asksNothing, assertMeets, MAX_WAIT_MS, meets, type ReadRequirements } from './read-requirements';
export { SERVED_COMBINATIONS } from './served-combinations';
