import { createHmac, timingSafeEqual } from 'node:crypto';
import { HarvestError } from '@harvest/kernel';

const FORMAT = 1;
const MAC_BYTES = 12;
/** Ids are at most 512 bytes; JSON may escape each into six. */
const LONGEST = 4800;
const SHORTEST_SECRET = 16;

/** Where a list goes on: whatever its question needs to find the next page, as texts. */
export type CursorKey = readonly (string | null)[];

/**
 * Cursors are opaque and signed, and bound to the question they came from: one that was tampered with, or is used with another
 * question, is `invalid-cursor`, never ignored.
 */
export class CursorSigner {
  constructor(private readonly secret: string) {
    if (Buffer.byteLength(secret) < SHORTEST_SECRET) {
      throw new HarvestError({ code: 'cursor-secret-too-short', message: `the cursor secret needs at least ${SHORTEST_SECRET} bytes` });
    }
  }

  seal(question: string, key: CursorKey): string {
    const payload = Buffer.from(JSON.stringify([FORMAT, question, ...key]));
    return Buffer.concat([this.mac(payload), payload]).toString('base64url');
  }

  open(question: string, cursor: string): CursorKey {
    const bytes = cursor.length <= LONGEST ? Buffer.from(cursor, 'base64url') : Buffer.alloc(0);
    const payload = bytes.subarray(MAC_BYTES);
    // Node decodes base64url leniently: two texts of the same bytes are not the same cursor.
    const genuine =
      payload.length > 0 && bytes.toString('base64url') === cursor && timingSafeEqual(bytes.subarray(0, MAC_BYTES), this.mac(payload));
    if (!genuine) throw invalidCursor('it is not one of ours, or was changed');
    const [format, of, ...key] = JSON.parse(payload.toString()) as [number, string, ...CursorKey];
    if (format !== FORMAT) throw invalidCursor('it comes from another version');
    if (of !== question) throw invalidCursor('it belongs to another question, sort or filter');
    return key;
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
