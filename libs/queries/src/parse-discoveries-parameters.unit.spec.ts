import { parseDiscoveriesParameters, parseExportParameters } from './parse-discoveries-parameters';
import { parseLookupBody } from './parse-ids';
import { encodePosition } from './position';

const NOW_MS = Date.parse('2026-06-30T12:34:56Z');
const parse = (search: string) => parseDiscoveriesParameters(new URLSearchParams(search), NOW_MS);

describe('the parameters of discoveries', () => {
  it('have defaults', () => {
    const { parameters, requirements } = parse('');
    expect(parameters).toMatchObject({ sort: 'score', limit: 50, cursor: null, total: false });
    expect(parameters.filter).toEqual({
      sources: [],
      artifactType: null,
      topicId: null,
      entityId: null,
      minScore: null,
      sinceMs: null,
      untilMs: null,
      hours: null,
    });
    expect(requirements).toEqual({ minPosition: null, waitMs: 0, maxStalenessMs: null });
  });

  it.each([
    ['since=2024', Date.UTC(2024, 0, 1)],
    ['since=2024-02', Date.UTC(2024, 1, 1)],
    ['since=2024-02-29', Date.UTC(2024, 1, 29)],
    ['since=2024-02-29T10:00:00.250%2B02:00', Date.UTC(2024, 1, 29, 8, 0, 0, 250)],
  ])('%s means the start of its period', (search, ms) => {
    expect(parse(search).parameters.filter.sinceMs).toBe(ms);
  });

  it('take scores exactly, and a rolling window from a whole minute on', () => {
    expect(parse('minScore=70.0001').parameters.filter.minScore).toBe(700_001);
    expect(parse('minScore=100').parameters.filter.minScore).toBe(1_000_000);
    expect(parse('hours=24').parameters.filter.sinceMs).toBe(Date.parse('2026-06-29T12:34:00Z'));
  });

  it.each([
    ['unknown-parameter', 'colour', 'colour=red'],
    ['unknown-parameter', 'Source', 'Source=a'],
    ['unknown-parameter', 'page', 'page=2'],
    ['repeated-parameter', 'source', 'source=a&source=b'],
    ['repeated-parameter', 'limit', 'limit=5&limit=5'],
    ['invalid-parameter', 'limit', 'limit=0'],
    ['invalid-parameter', 'limit', 'limit=201'],
    ['invalid-parameter', 'limit', 'limit=1e2'],
    ['invalid-parameter', 'limit', 'limit=-5'],
    ['invalid-parameter', 'limit', 'limit='],
    ['invalid-parameter', 'sort', 'sort=newest'],
    ['invalid-parameter', 'type', 'type=song'],
    ['invalid-parameter', 'minScore', 'minScore=100.5'],
    ['invalid-parameter', 'minScore', 'minScore=0.12345'],
    ['invalid-parameter', 'minScore', 'minScore=NaN'],
    ['invalid-parameter', 'since', 'since=2024-02-30'],
    ['invalid-parameter', 'since', 'since=2024-01-01T00:00:00'],
    ['invalid-parameter', 'since', 'since=yesterday'],
    ['invalid-parameter', 'until', 'since=2024&until=2024'],
    ['invalid-parameter', 'hours', 'hours=24&since=2024'],
    ['invalid-parameter', 'source', 'source=a,,b'],
    ['invalid-parameter', 'source', `source=${Array.from({ length: 21 }, (_, index) => index).join(',')}`],
    ['invalid-parameter', 'source', 'source=a%00b'],
    ['invalid-parameter', 'total', 'total=yes'],
    ['invalid-parameter', 'waitMs', 'waitMs=30001'],
    ['invalid-parameter', 'maxStalenessMs', 'maxStalenessMs=-1'],
    ['invalid-position', 'minPosition', 'minPosition=nonsense'],
    ['combination-not-served', 'category', 'category=ml'],
    ['combination-not-served', 'source', 'topic=x&source=a'],
    ['combination-not-served', 'type', 'topic=x&type=paper'],
    ['combination-not-served', 'entity', 'topic=x&entity=y'],
    ['combination-not-served', 'source', 'entity=y&source=a'],
  ])('are refused with %s, naming %s: %s', (code, parameter, search) => {
    expect(() => parse(search)).toThrow(expect.objectContaining({ code, context: expect.objectContaining({ parameter }) }));
  });

  it('have one key for one question, whatever the order, repeats or requirements', () => {
    const position = encodePosition({ generation: 1, offsets: [] });
    const { key } = parse('source=b,a&type=paper&since=2024');
    expect(parse(`type=paper&since=2024-01-01&source=a,b,a&limit=50&waitMs=5&minPosition=${position}`).key).toBe(key);
    const others = [
      'source=a,b&type=paper',
      'source=a,b&type=paper&since=2024&limit=51',
      'source=a,b&type=paper&since=2024&total=true',
      'source=a%2Cb,c&since=2024',
    ];
    expect(new Set([key, ...others.map((search) => parse(search).key)]).size).toBe(5);
  });

  it('of the export are the filters only', () => {
    expect(parseExportParameters(new URLSearchParams('source=a&sort=hot'), NOW_MS)).toMatchObject({ sort: 'hot', total: false });
    expect(() => parseExportParameters(new URLSearchParams('limit=5'), NOW_MS)).toThrow(
      expect.objectContaining({ code: 'unknown-parameter' }),
    );
  });
});

describe('the body of a look-up', () => {
  it('names each id once, in order', () => {
    expect(parseLookupBody({ ids: ['b', 'a', 'b'] })).toEqual(['b', 'a']);
  });

  it.each([
    ['body', null],
    ['body', []],
    ['ids', {}],
    ['ids', { ids: [] }],
    ['ids', { ids: Array.from({ length: 201 }, String) }],
    ['more', { ids: ['a'], more: 1 }],
    ['ids[1]', { ids: ['a', 5] }],
    ['ids[0]', { ids: [''] }],
    ['ids[0]', { ids: ['a\u0000'] }],
    ['ids[0]', { ids: ['\ud800'] }],
    ['ids[0]', { ids: ['é'.repeat(257)] }],
  ])('is refused, naming %s', (parameter, body) => {
    expect(() => parseLookupBody(body)).toThrow(expect.objectContaining({ code: 'body-invalid', context: { parameter } }));
  });
});
