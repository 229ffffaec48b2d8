import { DISCOVERY_SORTS } from './discovery-filter';

/** What `/v1/discoveries` is served by, for the documentation: any filter, with any sort, with or without the ranges. */
export const SERVED_COMBINATIONS = [
  { filter: 'none', sorts: DISCOVERY_SORTS, ranges: ['minScore', 'since/until'], total: true },
  { filter: 'source', sorts: DISCOVERY_SORTS, ranges: ['minScore', 'since/until'], total: true },
  { filter: 'type', sorts: DISCOVERY_SORTS, ranges: ['minScore', 'since/until'], total: true },
  { filter: 'topic', sorts: DISCOVERY_SORTS, ranges: ['minScore', 'since/until'], total: true },
  { filter: 'entity', sorts: DISCOVERY_SORTS, ranges: ['minScore', 'since/until'], total: true },
  { filter: 'source+type', sorts: DISCOVERY_SORTS, ranges: ['minScore', 'since/until'], total: true },
] as const;
