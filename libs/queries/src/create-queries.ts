import type { SqlReader } from '@harvest/read-models';
import { CursorSigner } from './cursor';
import { type Answered, listDiscoveries } from './list-discoveries.query';
import type { DiscoveriesParameters } from './parse-discoveries-parameters';

export interface QueriesOptions {
  /** Signs cursors; the same in every process, at least 16 bytes. */
  readonly cursorSecret: string;
}

/** Every question that can be asked of the active generation. All reject with the reader's errors besides their own. */
export interface Queries {
  listDiscoveries(parameters: DiscoveriesParameters): Promise<Answered>;
}

/** Rejects with `cursor-secret-too-short`. */
export function createQueries(reader: SqlReader, options: QueriesOptions): Queries {
  const cursors = new CursorSigner(options.cursorSecret);
  return {
    listDiscoveries: (parameters) => listDiscoveries(reader, cursors, parameters),
  };
}
