import { HarvestError } from '@harvest/kernel';
import { z } from 'zod';
import { brokenRule } from './broken-rule';

/** From the most to the least exact. */
export const PUBLISHED_PRECISIONS = ['second', 'day', 'month', 'year'] as const;
export type DatePrecision = (typeof PUBLISHED_PRECISIONS)[number];

/** Years in UTC, both inclusive; outside them a date is taken for a producer's mistake. */
export const MIN_YEAR = 1900;
export const MAX_YEAR = 2100;

interface ReadDate {
  /** UTC milliseconds; the start of the period when the form is coarser than a second. */
  readonly ms: number;
  readonly precision: DatePrecision;
}

const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;
const MINUTE_MS = 60_000;

/** RFC 3339 with a zone, a date that exists (no leap seconds), a UTC year in 1900–2100. */
export const dateTimeSchema = z
  .string()
  .refine((text) => readDateTime(text) !== null, brokenRule('impossible-date', 'must be an RFC 3339 date-time of 1900–2100 that exists'))
  .meta({ format: 'date-time' });

/** `YYYY`, `YYYY-MM`, `YYYY-MM-DD` or RFC 3339; the same rules. */
export const partialDateSchema = z
  .string()
  .refine(
    (text) => readPartialDate(text) !== null,
    brokenRule('impossible-date', 'must be YYYY, YYYY-MM, YYYY-MM-DD or an RFC 3339 date-time, of 1900–2100, that exists'),
  )
  .meta({ pattern: '^\\d{4}(-\\d{2}(-\\d{2}([Tt]\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?([Zz]|[+-]\\d{2}:\\d{2}))?)?)?$' });

export function isDateTime(text: string): boolean {
  return readDateTime(text) !== null;
}

/**
 * UTC milliseconds of a date-time that the decoder has accepted (finer fractions are cut off).
 * @throws HarvestError `date-invalid`
 */
export function dateTimeMs(text: string): number {
  return readDateTime(text) ?? refuseDate(text);
}

/**
 * The period that a publication date stands for: its start in UTC milliseconds, and the coarser of the text's own form and the
 * explicit precision. At precision `second` the instant keeps its milliseconds.
 * @throws HarvestError `date-invalid` for a text that the decoder would not have accepted.
 */
export function publishedPeriod(
  publishedAt: string,
  explicitPrecision?: DatePrecision | null,
): { readonly publishedMs: number; readonly precision: DatePrecision } {
  const date = readPartialDate(publishedAt) ?? refuseDate(publishedAt);
  const precision = explicitPrecision ? coarser(date.precision, explicitPrecision) : date.precision;
  return { publishedMs: startOfPeriod(date.ms, precision), precision };
}

function refuseDate(text: string): never {
  throw new HarvestError({ code: 'date-invalid', message: `not a date of the contract: ${text.slice(0, 64)}` });
}

function coarser(left: DatePrecision, right: DatePrecision): DatePrecision {
  return PUBLISHED_PRECISIONS.indexOf(left) > PUBLISHED_PRECISIONS.indexOf(right) ? left : right;
}

function startOfPeriod(ms: number, precision: DatePrecision): number {
  if (precision === 'second') return ms;
  const date = new Date(ms);
  const month = precision === 'year' ? 0 : date.getUTCMonth();
  return Date.UTC(date.getUTCFullYear(), month, precision === 'day' ? date.getUTCDate() : 1);
}

function readPartialDate(text: string): ReadDate | null {
  if (text.length > 10) {
    const ms = readDateTime(text);
    return ms === null ? null : { ms, precision: 'second' };
  }
  const form = FORMS.get(text.length);
  if (form === undefined) return null;
  const ms = readDay(`${text}${form.rest}`);
  return ms === null || !isInRange(ms) ? null : { ms, precision: form.precision };
}

const FORMS: ReadonlyMap<number, { readonly precision: DatePrecision; readonly rest: string }> = new Map([
  [4, { precision: 'year', rest: '-01-01' }],
  [7, { precision: 'month', rest: '-01' }],
  [10, { precision: 'day', rest: '' }],
]);

/** The start of the day that the first ten characters name, or null. A local year may lie one outside the range of UTC years. */
function readDay(text: string): number | null {
  const year = numberIn(text, 0, YEARS);
  const month = numberIn(text, 5, MONTHS);
  const day = numberIn(text, 8, DAYS);
  if (text[4] !== '-' || text[7] !== '-' || year < 0 || month < 0 || day < 0 || day > daysInMonth(year, month)) return null;
  return Date.UTC(year, month - 1, day);
}

function daysInMonth(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && isLeap ? 29 : (DAYS_IN_MONTH[month - 1] ?? 0);
}

function readDateTime(text: string): number | null {
  if (text.length < 20 || (text.charCodeAt(10) | 0x20) !== 0x74) return null;
  const day = readDay(text);
  const time = readTime(text);
  const fractionEnd = endOfFraction(text);
  const zone = fractionEnd === null ? null : readZone(text, fractionEnd);
  if (day === null || time === null || zone === null) return null;
  const ms = day + time + millisecondsOf(text) - zone * MINUTE_MS;
  return isInRange(ms) ? ms : null;
}

function readTime(text: string): number | null {
  const hour = numberIn(text, 11, HOURS);
  const minute = numberIn(text, 14, SIXTIETHS);
  const second = numberIn(text, 17, SIXTIETHS);
  if (text[13] !== ':' || text[16] !== ':' || hour < 0 || minute < 0 || second < 0) return null;
  return ((hour * 60 + minute) * 60 + second) * 1000;
}

/** Where the zone begins; null when a fraction has no digit. */
function endOfFraction(text: string): number | null {
  if (text[19] !== '.') return 19;
  let end = 20;
  while (isDigit(text.charCodeAt(end))) end += 1;
  return end === 20 ? null : end;
}

function millisecondsOf(text: string): number {
  if (text[19] !== '.') return 0;
  let ms = 0;
  for (let index = 20; index < 23; index += 1) {
    const unit = text.charCodeAt(index);
    if (!isDigit(unit)) return ms * 10 ** (23 - index);
    ms = ms * 10 + unit - 48;
  }
  return ms;
}

/** Minutes ahead of UTC. */
function readZone(text: string, from: number): number | null {
  const sign = text[from];
  if (sign === '+' || sign === '-') return readNumericZone(text, from, sign === '-' ? -1 : 1);
  return (sign === 'Z' || sign === 'z') && text.length === from + 1 ? 0 : null;
}

function readNumericZone(text: string, from: number, sign: number): number | null {
  const hours = numberIn(text, from + 1, HOURS);
  const minutes = numberIn(text, from + 4, SIXTIETHS);
  if (text.length !== from + 6 || text[from + 3] !== ':' || hours < 0 || minutes < 0) return null;
  return sign * (hours * 60 + minutes);
}

function isInRange(ms: number): boolean {
  return ms >= EARLIEST_MS && ms < TOO_LATE_MS;
}

const EARLIEST_MS = Date.UTC(MIN_YEAR, 0);
const TOO_LATE_MS = Date.UTC(MAX_YEAR + 1, 0);

function isDigit(unit: number): boolean {
  return unit >= 48 && unit <= 57;
}

interface NumberForm {
  readonly digits: number;
  readonly min: number;
  readonly max: number;
}
const YEARS: NumberForm = { digits: 4, min: MIN_YEAR - 1, max: MAX_YEAR + 1 };
const MONTHS: NumberForm = { digits: 2, min: 1, max: 12 };
const DAYS: NumberForm = { digits: 2, min: 1, max: 31 };
const HOURS: NumberForm = { digits: 2, min: 0, max: 23 };
const SIXTIETHS: NumberForm = { digits: 2, min: 0, max: 59 };

/** The number that the digits make, or -1 when they are none or it lies outside the form's range. */
function numberIn(text: string, from: number, form: NumberForm): number {
  let value = 0;
  for (let index = from; index < from + form.digits; index += 1) {
    const unit = text.charCodeAt(index);
    if (!isDigit(unit)) return -1;
    value = value * 10 + unit - 48;
  }
  return value < form.min || value > form.max ? -1 : value;
}
