import { z } from 'zod';
import { brokenRule } from './broken-rule';

/** Ids are producer-chosen, non-empty, at most 512 bytes of UTF-8: longer ones do not fit an index row. */
export const MAX_ID_BYTES = 512;

export function isIdTooLong(id: string): boolean {
  return id.length * 3 > MAX_ID_BYTES && Buffer.byteLength(id) > MAX_ID_BYTES;
}

export const idSchema = z
  .string()
  .min(1)
  .refine((id) => !isIdTooLong(id), brokenRule('id-too-long', `must be at most ${MAX_ID_BYTES} bytes of UTF-8`))
  .meta({ maxLength: MAX_ID_BYTES });
