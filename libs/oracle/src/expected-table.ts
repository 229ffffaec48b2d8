import type { CanonicalRow } from './canonical';
import type { EventPosition } from './provenance';

/** The rows of one table as the log says they must be. Keys are `keyOf` of the row. */
export interface ExpectedTable {
  readonly keys: readonly string[];
  row(key: string): CanonicalRow | null;
  /** Events that had a part in the row: of a count, those of some of the artifacts in it. */
  events(key: string): readonly EventPosition[];
  /** Rows of subjects whose order of arrival nobody can know: not judged. */
  isExcluded(key: string): boolean;
}
