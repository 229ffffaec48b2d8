import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDiscoveriesParameters } from './parse-discoveries-parameters';
import { SERVED_COMBINATIONS } from './served-combinations';

const GIVEN: Record<string, string> = {
  none: '',
  source: 'source=a',
  type: 'type=paper',
  topic: 'topic=name:x',
  entity: 'entity=name:x',
  'source+type': 'source=a&type=paper',
};
const RANGES: Record<string, string> = { minScore: 'minScore=5', 'since/until': 'since=2020&until=2021' };

describe('the combinations that are served', () => {
  it('are those of the documented table', () => {
    const page = readFileSync(join(__dirname, '../../../docs/questions.md'), 'utf8');
    const rows = [...page.matchAll(/^\| `([a-z+]+)` +\| ([a-z, ]+?) +\| ([a-zA-Z/, ]+?) +\| (yes|no) +\|$/gm)].map(
      ([, filter, sorts, ranges, total]) => ({
        filter,
        sorts: sorts?.split(', '),
        ranges: ranges?.split(', '),
        total: total === 'yes',
      }),
    );
    expect(rows).toEqual(SERVED_COMBINATIONS);
  });

  it('are all taken as parameters', () => {
    for (const { filter, sorts, ranges } of SERVED_COMBINATIONS)
      for (const sort of sorts)
        for (const range of ranges) {
          const search = [GIVEN[filter], RANGES[range], `sort=${sort}`].filter(Boolean).join('&');
          expect(parseDiscoveriesParameters(new URLSearchParams(search), 0).parameters.sort).toBe(sort);
        }
  });
});
