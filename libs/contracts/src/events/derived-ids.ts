/**
 * The id of what is only known by its name (a topic, a person): `name:` and the name in one spelling. Not Unicode case folding,
 * which gives other ids for some real names.
 */
export function derivedNameId(name: string): string {
  return `name:${name.normalize('NFKC').toLowerCase().replace(/\s+/gu, ' ').trim()}`;
}
