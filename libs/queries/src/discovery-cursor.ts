import type { CursorSigner } from './cursor';
import type { DiscoveryOrder, LastKey } from './discovery-conditions';
import { filterHash } from './discovery-filter';
import type { DiscoveriesParameters } from './parse-discoveries-parameters';

export function sealDiscoveries(cursors: CursorSigner, asked: DiscoveriesParameters, last: LastKey): string {
  const since = asked.filter.hours === null ? null : String(asked.filter.sinceMs);
  return cursors.seal(questionOf(asked), [last.value.toString(), last.artifactId, since]);
}

/**
 * What to list: from the start, or from where the cursor leads. A rolling window (`hours`) stands still while it is walked: the
 * cursor remembers its start. Rejects with `invalid-cursor`.
 */
export function openDiscoveries(cursors: CursorSigner, asked: DiscoveriesParameters): DiscoveryOrder {
  const { filter, sort, cursor } = asked;
  if (cursor === null) return { filter, sort, after: null };
  const [value, artifactId, since] = cursors.open(questionOf(asked), cursor) as [string, string, string | null];
  const standing = since === null ? filter : { ...filter, sinceMs: Number(since) };
  return { filter: standing, sort, after: { value: BigInt(value), artifactId } };
}

/** The page's size is not part of it: it may change on the way. */
function questionOf({ sort, filter }: DiscoveriesParameters): string {
  return `discoveries ${sort} ${filterHash(filter)}`;
}
