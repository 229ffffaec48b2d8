import { derivedNameId } from './derived-ids';

it.each([
  ['Reinforcement  Learning', 'name:reinforcement learning'],
  ['  Ada\tLovelace\n', 'name:ada lovelace'],
  ['Ａｄａ\u00a0Lovelace', 'name:ada lovelace'],
  ['ﬁnance', 'name:finance'],
  ['Straße', 'name:straße'],
  ['ÅNGSTRÖM', 'name:ångström'],
  ['A\u030angstro\u0308m', 'name:ångström'],
])('%p has the id %s', (name, id) => {
  expect(derivedNameId(name)).toBe(id);
});

it('is lower case and not case folding, which would make ss of ß', () => {
  expect(derivedNameId('STRASSE')).not.toBe(derivedNameId('Straße'));
});
