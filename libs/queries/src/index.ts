export { createQueries, type Queries, type QueriesOptions } from './create-queries';
export type { IngestionViewState, PartitionProgress } from './ingestion-view';
export type { Answered } from './list-discoveries.query';
export { etagOf, toCachedAnswer, toLoadedAnswer } from './loaded-answer';
export {
  type DiscoveriesParameters,
  parseDiscoveriesParameters,
  type ParsedDiscoveries,
  parseExportParameters,
} from './parse-discoveries-parameters';
export { parseId, parseLookupBody } from './parse-ids';
export {
  type IngestionsParameters,
  type ParsedIngestions,
  parseIngestionsParameters,
  parseRequirementsOnly,
} from './parse-ingestions-parameters';
export { parseTimelineParameters, parseTopicsParameters, parseTrendingParameters } from './parse-topics-parameters';
export { encodePosition, type Position } from './position';
export { asksNothing, assertMeets, meets, type ReadRequirements } from './read-requirements';
