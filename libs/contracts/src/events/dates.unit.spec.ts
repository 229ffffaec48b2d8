import * as fc from 'fast-check';
import { dateTimeMs, dateTimeSchema, partialDateSchema, publishedPeriod } from './dates';

const isPartialDate = (text: string): boolean => partialDateSchema.safeParse(text).success;
const isDateTime = (text: string): boolean => dateTimeSchema.safeParse(text).success;

describe('date-times', () => {
  it.each([
    ['2024-02-29T12:00:00Z', Date.UTC(2024, 1, 29, 12)],
    ['2024-02-29t12:00:00.1z', Date.UTC(2024, 1, 29, 12, 0, 0, 100)],
    ['2012-06-30T16:49:48.000-05:00', Date.UTC(2012, 5, 30, 21, 49, 48)],
    ['2024-01-01T00:30:00.123456789+01:00', Date.UTC(2023, 11, 31, 23, 30, 0, 123)],
    ['1900-01-01T00:00:00Z', Date.UTC(1900, 0)],
    ['1899-12-31T23:00:00-01:00', Date.UTC(1900, 0)],
    ['2101-01-01T00:59:59.999+01:00', Date.UTC(2100, 11, 31, 23, 59, 59, 999)],
    ['2000-01-01T00:00:00-00:00', Date.UTC(2000, 0)],
  ])('%s is one', (text, ms) => {
    expect(isDateTime(text)).toBe(true);
    expect(dateTimeMs(text)).toBe(ms);
  });

  it.each([
    '2024-02-30T00:00:00Z',
    '2023-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2024-04-31T00:00:00Z',
    '2024-00-01T00:00:00Z',
    '2024-13-01T00:00:00Z',
    '2024-01-00T00:00:00Z',
    '2024-01-01T24:00:00Z',
    '2024-01-01T00:60:00Z',
    '2016-12-31T23:59:60Z',
    '2024-01-01T00:00:00',
    '2024-01-01T00:00:00.Z',
    '2024-01-01T00:00Z',
    '2024-01-01 00:00:00Z',
    '2024-01-01T00:00:00+0100',
    '2024-01-01T00:00:00+24:00',
    '2024-01-01T00:00:00+01:60',
    '2024-01-01T00:00:00ZZ',
    '2024-01-01T00:00:00Z ',
    ' 2024-01-01T00:00:00Z',
    '+002024-01-01T00:00:00Z',
    '٢٠٢٤-01-01T00:00:00Z',
    '1899-12-31T23:59:59Z',
    '1900-01-01T00:30:00+01:00',
    '2100-12-31T23:30:00-01:00',
    '2101-01-01T00:00:00Z',
    '2024-01-01',
    '2024',
    '',
  ])('%p is none', (text) => {
    expect(isDateTime(text)).toBe(false);
    expect(() => dateTimeMs(text)).toThrow(expect.objectContaining({ code: 'date-invalid' }));
  });

  it('agree with the clock about every instant', () => {
    const range = { min: new Date('1900-01-01T00:00:00Z'), max: new Date('2100-12-31T23:59:59.999Z'), noInvalidDate: true };
    const property = fc.property(fc.date(range), (date) => dateTimeMs(date.toISOString()) === date.getTime());
    expect(() => fc.assert(property)).not.toThrow();
  });
});

describe('partial dates', () => {
  it.each(['1900', '2100', '2024-02', '2024-12', '2024-02-29', '2024-02-29T00:00:00Z'])('%s is one', (text) => {
    expect(isPartialDate(text)).toBe(true);
  });

  it.each([
    '1899',
    '2101',
    '24',
    '2024-',
    '2024-1',
    '2024-00',
    '2024-13',
    '2024-2-1',
    '2024-02-30',
    '2024/02/01',
    '20240201',
    '2024-02-01T',
    '',
  ])('%p is none', (text) => {
    expect(isPartialDate(text)).toBe(false);
  });
});

describe('publishedPeriod', () => {
  it.each([
    ['2019', undefined, 'year', Date.UTC(2019, 0)],
    ['2019-06', null, 'month', Date.UTC(2019, 5)],
    ['2019-06-07', undefined, 'day', Date.UTC(2019, 5, 7)],
    ['2019-06-07T23:30:00.250-01:00', undefined, 'second', Date.UTC(2019, 5, 8, 0, 30, 0, 250)],
    ['2019-06-07', 'month', 'month', Date.UTC(2019, 5)],
    ['2019-06-07', 'year', 'year', Date.UTC(2019, 0)],
    ['2019-06-30T23:30:00-01:00', 'month', 'month', Date.UTC(2019, 6)],
    ['2019-06-30T23:30:00-01:00', 'day', 'day', Date.UTC(2019, 6, 1)],
    ['2019', 'second', 'year', Date.UTC(2019, 0)],
    ['2019-06', 'day', 'month', Date.UTC(2019, 5)],
  ] as const)('%s with precision %s is the %s that begins then', (...row) => {
    const [text, explicit, precision, publishedMs] = row;
    expect(publishedPeriod(text, explicit)).toEqual({ publishedMs, precision });
  });

  it('refuses a text that the decoder would not have accepted', () => {
    expect(() => publishedPeriod('2024-02-30')).toThrow(expect.objectContaining({ code: 'date-invalid' }));
  });
});
