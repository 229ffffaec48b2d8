import { createHmac, timingSafeEqual } from 'node:crypto';
import { HarvestError } from '@harvest/kernel';
import type { LastKey } from './discovery-conditions';
import { filterHash } from './discovery-filter';
import type { DiscoveriesParameters } from './parse-discoveries-parameters';

const FORMAT = 1;
const MAC_BYTES = 12;
/** Ids are at most 512 bytes; JSON may escape each into six. */
const LONGEST = 4096;
const SHORTEST_SECRET = 16;

type Sealed = readonly [format: number, sort: string, filter: string, value: string, artifactId: string, sinceMs: number | null];

/** What a cursor leads to: the parameters to go on with (a rolling window stands still while it is walked) and the last key. */
export interface OpenedCursor {
  readonly parameters: DiscoveriesParameters;
  readonly after: LastKey | null;
}

/**
 * Cursors are opaque and signed, and bound to the question they came from: one that was tampered with, or is used with another sort
 * or filter, is `invalid-cursor`, never ignored.
 */
export class CursorSigner {
  constructor(private readonly secret: string | Buffer) {
    if (Buffer.byteLength(secret) < SHORTEST_SECRET) {
      throw new HarvestError({ code: 'cursor-secret-too-short', message: `the cursor secret needs at least ${SHORTEST_SECRET} bytes` });
    }
  }

  seal(asked: DiscoveriesParameters, last: LastKey): string {
    const since = asked.filter.hours === null ? null : asked.filter.sinceMs;
    const sealed: Sealed = [FORMAT, asked.sort, filterHash(asked.filter), last.value.toString(), last.artifactId, since];
    const payload = Buffer.from(JSON.stringify(sealed));
    return Buffer.concat([this.mac(payload), payload]).toString('base64url');
  }

  open(asked: DiscoveriesParameters): OpenedCursor {
    if (asked.cursor === null) return { parameters: asked, after: null };
    const [, sort, filter, value, artifactId, sinceMs] = this.verified(asked.cursor);
    if (sort !== asked.sort || filter !== filterHash(asked.filter)) throw invalidCursor('it belongs to another sort or filter');
    const parameters = sinceMs === null ? asked : { ...asked, filter: { ...asked.filter, sinceMs } };
    return { parameters, after: { value: BigInt(value), artifactId } };
  }

  private verified(cursor: string): Sealed {
    const bytes = cursor.length <= LONGEST ? Buffer.from(cursor, 'base64url') : Buffer.alloc(0);
    const mac = bytes.subarray(0, MAC_BYTES);
    const payload = bytes.subarray(MAC_BYTES);
    const genuine = payload.length > 0 && bytes.toString('base64url') === cursor && timingSafeEqual(mac, this.mac(payload));
    if (!genuine) throw invalidCursor('it is not one of ours, or was changed');
    const sealed = JSON.parse(payload.toString()) as Sealed;
    if (sealed[0] !== FORMAT) throw invalidCursor('it comes from another version');
    return sealed;
  }

  private mac(payload: Buffer): Buffer {
    return createHmac('sha256', this.secret).update(payload).digest().subarray(0, MAC_BYTES);
  }
}

function invalidCursor(why: string): HarvestError {
  return new HarvestError({
    code: 'invalid-cursor',
    message: `the cursor cannot be used: ${why}. Start again without one`,
    context: { parameter: 'cursor' },
  });
}
