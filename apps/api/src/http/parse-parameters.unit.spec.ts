import { ROUTES } from '@harvest/contracts';
import { parseQuery } from './parse-parameters';
import { ProblemError } from './problem-error';

const specs = ROUTES.listDiscoveries.query;

function refusalOf(search: string) {
  try {
    parseQuery(search, specs);
  } catch (error) {
    if (error instanceof ProblemError) return { code: error.code, fields: error.options.errors?.map(({ field }) => field) };
    throw error;
  }
  return null;
}

describe('parseQuery', () => {
  it('reads every kind of parameter', () => {
    expect(parseQuery('source=arxiv%2Cgithub&type=paper&minScore=70.5&limit=10&total=true&sort=hot&since=2024-01', specs)).toEqual({
      source: 'arxiv,github',
      type: 'paper',
      minScore: 70.5,
      limit: 10,
      total: true,
      sort: 'hot',
      since: '2024-01',
    });
  });

  it('leaves out what was not given', () => {
    expect(parseQuery('', specs)).toEqual({});
  });

  it('keeps 0 and false apart from absent', () => {
    expect(parseQuery('minScore=0&total=false&maxStalenessMs=0', specs)).toEqual({ minScore: 0, total: false, maxStalenessMs: 0 });
  });

  it.each([
    ['an unknown parameter', 'page=2', 'unknown-parameter', ['page']],
    ['a prototype’s member', '__proto__=1', 'unknown-parameter', ['__proto__']],
    ['another', 'constructor=1', 'unknown-parameter', ['constructor']],
    ['a repeated parameter', 'limit=1&limit=1', 'repeated-parameter', ['limit']],
    ['an array in brackets', 'source[]=a', 'unknown-parameter', ['source[]']],
    ['an empty piece', 'limit=1&', 'unknown-parameter', ['']],
    ['an empty value', 'source=', 'invalid-parameter', ['source']],
    ['a name alone', 'source', 'invalid-parameter', ['source']],
    ['NUL', 'source=a%00', 'invalid-parameter', ['source']],
    ['broken encoding', 'source=%zz', 'invalid-parameter', ['source']],
    ['bytes that are no UTF-8', 'source=%ff', 'invalid-parameter', ['source']],
    ['a lone surrogate', 'source=%ED%A0%80', 'invalid-parameter', ['source']],
    ['a number in words', 'limit=ten', 'invalid-parameter', ['limit']],
    ['an exponent', 'limit=1e2', 'invalid-parameter', ['limit']],
    ['a hexadecimal', 'limit=0x10', 'invalid-parameter', ['limit']],
    ['a fraction for a whole number', 'limit=1.5', 'invalid-parameter', ['limit']],
    ['zero items', 'limit=0', 'invalid-parameter', ['limit']],
    ['too many items', 'limit=201', 'invalid-parameter', ['limit']],
    ['a negative', 'limit=-1', 'invalid-parameter', ['limit']],
    ['white space', 'limit=%2010', 'invalid-parameter', ['limit']],
    ['not a number', 'minScore=NaN', 'invalid-parameter', ['minScore']],
    ['infinity', 'minScore=Infinity', 'invalid-parameter', ['minScore']],
    ['a score beyond 100', 'minScore=100.5', 'invalid-parameter', ['minScore']],
    ['a yes', 'total=yes', 'invalid-parameter', ['total']],
    ['a number for a truth', 'total=1', 'invalid-parameter', ['total']],
    ['an unknown order', 'sort=best', 'invalid-parameter', ['sort']],
    ['an unknown type', 'type=book', 'invalid-parameter', ['type']],
    ['a date in words', 'since=yesterday', 'invalid-parameter', ['since']],
    ['a cursor beyond all bounds', `cursor=${'x'.repeat(5000)}`, 'invalid-parameter', ['cursor']],
  ])('refuses %s', (_what, search, code, fields) => {
    expect(refusalOf(search)).toEqual({ code, fields });
  });

  it('names everything that is wrong at once', () => {
    expect(refusalOf('page=2&limit=0&sort=best')).toEqual({ code: 'unknown-parameter', fields: ['page', 'limit', 'sort'] });
  });
});
