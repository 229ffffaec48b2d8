import { instantMs, publishedOf } from './published';

const iso = (text: string, explicit?: 'second' | 'day' | 'month' | 'year') => {
  const { precision, startMs } = publishedOf(text, explicit);
  return [precision, new Date(startMs).toISOString()];
};

describe('publication dates', () => {
  it.each([
    ['1965', 'year', '1965-01-01T00:00:00.000Z'],
    ['2019-06', 'month', '2019-06-01T00:00:00.000Z'],
    ['2024-02-29', 'day', '2024-02-29T00:00:00.000Z'],
    ['2012-06-30T16:49:48.250-05:00', 'second', '2012-06-30T21:49:48.250Z'],
    ['2012-06-30t16:49:48z', 'second', '2012-06-30T16:49:48.000Z'],
    ['1950-01-01T00:00:00.123987Z', 'second', '1950-01-01T00:00:00.123Z'],
  ])('%s has the precision of its form', (text, precision, start) => {
    expect(iso(text)).toEqual([precision, start]);
  });

  it('an explicit precision counts when it is coarser', () => {
    expect(iso('1965-05-04', 'year')).toEqual(['year', '1965-01-01T00:00:00.000Z']);
    expect(iso('1965-05-04', 'month')).toEqual(['month', '1965-05-01T00:00:00.000Z']);
    expect(iso('2012-12-31T23:30:00-05:00', 'day')).toEqual(['day', '2013-01-01T00:00:00.000Z']);
  });

  it('and not when it is finer than the form', () => {
    expect(iso('1965', 'second')).toEqual(['year', '1965-01-01T00:00:00.000Z']);
  });

  it('a leap second is the start of the next', () => {
    expect(new Date(instantMs('2016-12-31T23:59:60Z')).toISOString()).toBe('2017-01-01T00:00:00.000Z');
    expect(new Date(instantMs('2016-12-31T23:59:60.5+00:00')).toISOString()).toBe('2017-01-01T00:00:00.000Z');
  });
});
