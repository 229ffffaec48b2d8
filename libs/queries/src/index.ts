export { createQueries, type Queries, type QueriesOptions } from './create-queries';
export type { Answered } from './list-discoveries.query';
export { type DiscoveriesParameters, parseDiscoveriesParameters, parseExportParameters } from './parse-discoveries-parameters';
export { covers, decodePosition, encodePosition, type Position, positionOf } from './position';
export { asksNothing, assertMeets, meets, parseReadRequirements, type ReadRequirements } from './read-requirements';
