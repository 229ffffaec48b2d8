import { parseTimelineParameters, parseTopicsParameters, parseTrendingParameters } from './parse-topics-parameters';

const NOW_MS = Date.parse('2026-06-30T12:00:00Z');
const day = (date: string) => Date.parse(date) / 86_400_000;
const timeline = (search: string) => parseTimelineParameters(new URLSearchParams(search), 'name:x/y');
const trending = (search: string) => parseTrendingParameters(new URLSearchParams(search), NOW_MS);

describe('the parameters of topics', () => {
  it('have defaults: a page, all of time by month, fourteen days that end with today', () => {
    expect(parseTopicsParameters(new URLSearchParams()).parameters).toEqual({ limit: 50, cursor: null });
    const all = { bucket: 'month', sinceDay: day('1900-01-01'), untilDay: day('2101-01-01'), limit: 120 };
    expect(timeline('').parameters).toEqual(all);
    expect(trending('').parameters).toEqual({ windowDays: 14, endDay: day('2026-07-01'), limit: 50 });
  });

  it('a partial date means the start of its period', () => {
    expect(timeline('since=2018&until=2019-07&bucket=day').parameters).toMatchObject({
      sinceDay: day('2018-01-01'),
      untilDay: day('2019-07-01'),
    });
    expect(trending('until=2019-02&windowDays=30').parameters).toMatchObject({ windowDays: 30, endDay: day('2019-02-01') });
  });

  it('one question has one key, and another question another', () => {
    expect(timeline('since=2018').key).toBe(timeline('since=2018-01-01&bucket=month&waitMs=5').key);
    const keys = ['', 'bucket=day', 'since=2018', 'until=2018', 'limit=7'].map((search) => timeline(search).key);
    keys.push(parseTimelineParameters(new URLSearchParams(), 'name:x').key, trending('').key, trending('windowDays=15').key);
    expect(new Set(keys).size).toBe(8);
  });

  it.each([
    ['bucket', () => timeline('bucket=week')],
    ['since', () => timeline('since=2018-02-30')],
    ['since', () => timeline('since=2018-02-03T04:05:06Z')],
    ['until', () => timeline('since=2018&until=2018-01-01')],
    ['limit', () => timeline('limit=1001')],
    ['windowDays', () => trending('windowDays=366')],
    ['windowDays', () => trending('windowDays=0')],
    ['until', () => trending('until=soon')],
  ])('a broken %s is named', (parameter, parse) => {
    expect(parse).toThrow(expect.objectContaining({ code: 'invalid-parameter', context: { parameter } }));
  });
});
