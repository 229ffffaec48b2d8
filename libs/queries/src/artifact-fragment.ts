/** An integer × 10⁴ as the JSON number it stands for, exact: 825000 → 82.5. */
function decimal(column: string): string {
  return `trim_scale(${column} * 0.0001)::text`;
}

function isoTime(column: string): string {
  return `to_char(to_timestamp(${column} / 1000.0) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}

/** `,"name":value`, or nothing where the value is null. */
function member(name: string, value: string): string {
  return `coalesce(',"${name}":' || ${value}, '')`;
}

/**
 * The members that the score half adds to a card, each with its comma before it; '' while there is no score.
 * @param d alias of a discovery row.
 */
export function scoreMembers(d: string): string {
  const scores = [
    ['discoveryScore', 'discovery_score'],
    ['novelty', 'novelty'],
    ['emergence', 'emergence'],
    ['obscurity', 'obscurity'],
  ] as const;
  const times = `coalesce(',"computedAt":"' || ${isoTime(`${d}.computed_at_ms`)} || '"', '')`;
  return [
    ...scores.map(([name, column]) => member(name, decimal(`${d}.${column}`))),
    times,
    member('model', `to_json(${d}.model)::text`),
  ].join(' || ');
}

/** The columns that `scoreMembers` reads. */
export const SCORE_COLUMNS = ['discovery_score', 'novelty', 'emergence', 'obscurity', 'computed_at_ms', 'model'] as const;

/** One item of a list: a whole JSON object as text. `more`: SQL text of members to put last, each with its comma before it. */
export function itemText(d: string, card: string, more = `''`): string {
  return `'{' || ${card} || ${scoreMembers(d)} || ${more} || '}'`;
}
