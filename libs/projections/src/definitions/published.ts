import type { PublishedPrecision } from '@harvest/read-models';

/** A publication date as far as it is known: the start (UTC) of the effective period. */
export interface Published {
  readonly precision: Exclude<PublishedPrecision, 'first-seen'>;
  readonly startMs: number;
}

const COARSENESS = { second: 0, day: 1, month: 2, year: 3 } as const;

/**
 * The effective precision is the coarser of what the text's form tells and what the producer says.
 * @param text `YYYY`, `YYYY-MM`, `YYYY-MM-DD` or RFC 3339, already validated by the decoder.
 */
export function publishedOf(text: string, explicit: Published['precision'] | null | undefined): Published {
  const form = formOf(text);
  const precision = explicit && COARSENESS[explicit] > COARSENESS[form] ? explicit : form;
  return { precision, startMs: startOf(precision, instantOf(text, form)) };
}

function formOf(text: string): Published['precision'] {
  if (text.length === 4) return 'year';
  if (text.length === 7) return 'month';
  return text.length === 10 ? 'day' : 'second';
}

function instantOf(text: string, form: Published['precision']): number {
  if (form === 'second') return instantMs(text);
  const month = form === 'year' ? 1 : Number(text.slice(5, 7));
  const day = form === 'day' ? Number(text.slice(8, 10)) : 1;
  return Date.UTC(Number(text.slice(0, 4)), month - 1, day);
}

/** UTC milliseconds of an RFC 3339 text; digits beyond the millisecond are cut off. A leap second counts as the next second's start. */
export function instantMs(text: string): number {
  const instant = Date.parse(text);
  if (!Number.isNaN(instant)) return instant;
  const plain = text.toUpperCase().replace(' ', 'T');
  const leap = plain.slice(17, 19) === '60';
  return leap ? Date.parse(`${plain.slice(0, 17)}59${plain.slice(19).replace(/^\.\d+/, '')}`) + 1000 : Date.parse(plain);
}

function startOf(precision: Published['precision'], instant: number): number {
  if (precision === 'second') return instant;
  const date = new Date(instant);
  const month = precision === 'year' ? 0 : date.getUTCMonth();
  const day = precision === 'day' ? date.getUTCDate() : 1;
  return Date.UTC(date.getUTCFullYear(), month, day);
}
