import { z } from 'zod';

/** RFC 3339 with a zone, a date that exists, a UTC year in 1900–2100. */
export const dateTimeSchema = z.string();
/** `YYYY`, `YYYY-MM`, `YYYY-MM-DD` or RFC 3339; the same rules. */
export const partialDateSchema = z.string();
