import { z } from 'zod';

/** Ids are producer-chosen, non-empty, at most 512 bytes of UTF-8. */
export const MAX_ID_BYTES = 512;
export const idSchema = z
  .string()
  .min(1)
  .refine((value) => value.length * 3 <= MAX_ID_BYTES || Buffer.byteLength(value) <= MAX_ID_BYTES, {
    message: `must be at most ${MAX_ID_BYTES} bytes`,
  });
