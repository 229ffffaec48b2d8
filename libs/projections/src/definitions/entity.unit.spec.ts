import { ENTITY_ROLES } from '@harvest/read-models';
import { entitiesText, parseEntities } from './entity-mentions';

const { author, person, lab, organisation } = ENTITY_ROLES;
const named = (sources: Parameters<typeof entitiesText>[0]) => parseEntities(entitiesText(sources)).map(Object.values);

describe('entities of an artifact', () => {
  it('are its authors and whom its classification names, one of each in all roles, by the smallest name', () => {
    const authors = [
      { name: 'Ada Lovelace' },
      { name: 'ADA  LOVELACE' },
      { name: 'A. L.', entityId: 'person:1' },
      { name: 'Ada L.', entityId: 'person:1' },
    ];
    const classification = { entities: { people: ['ada lovelace', 'Grace'], labs: ['Bell'], orgs: ['Bell', 'ACM'] } };
    expect(named({ authors, classification })).toEqual([
      ['name:acm', 'ACM', organisation],
      ['name:ada lovelace', 'ADA  LOVELACE', author | person],
      ['name:bell', 'Bell', lab | organisation],
      ['name:grace', 'Grace', person],
      ['person:1', 'A. L.', author],
    ]);
  });

  it('are the same text in whatever order they are named, and none is none', () => {
    const authors = [{ name: 'b' }, { name: 'B' }, { name: '\u{1f600}' }, { name: 'ａ' }];
    expect(entitiesText({ authors: [...authors].reverse() })).toBe(entitiesText({ authors }));
    expect([entitiesText({}), entitiesText({ authors: [], classification: { entities: {} } })]).toEqual(['', '']);
    expect(parseEntities('')).toEqual([]);
  });

  it('that are too long for a name, or empty, are nobody; a producer’s own id may be longer', () => {
    const [long, id] = ['x'.repeat(171), 'i'.repeat(500)];
    const authors = [{ name: long }, { name: '\ufdfa'.repeat(10) }, { name: 'y', entityId: id }, { name: long, entityId: 'z' }];
    expect(named({ authors, classification: { entities: { people: [''] } } })).toEqual([[id, 'y', author]]);
  });
});
