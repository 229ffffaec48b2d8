export { currentDefinitions, knownDefinition } from './definitions/current-definitions';
export { decodeRecords } from './engine/decoded-records';
export type { DecodedRecords } from './engine/decoded-records';
export { ProjectionChunk } from './engine/projection-chunk';
export type { ChunkPlace } from './engine/projection-chunk';
export { createRedrivePlanner } from './engine/redrive-planner';
export type { OnPoison } from './engine/route-records';
