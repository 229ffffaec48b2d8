import type { PublishedPrecision } from './discovery.read-model';

/** What one artifact contributes to the counts, or a change of them. Rows are exact sums of contributions. */
export interface CountDelta {
  readonly source: string;
  readonly artifactType: string;
  /** Whole UTC days since 1970-01-01 of the start of the period. */
  readonly day: number;
  readonly precision: PublishedPrecision;
  /** Observed artifacts. */
  readonly artifacts: number;
  /** Observed and scored ones. */
  readonly discoveries: number;
}

export const COUNTS_READ_MODEL = { name: 'counts', version: 1 } as const;
