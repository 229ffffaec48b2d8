import { longPlan, SHORT } from './schedule';
import { soak } from './soak';
import { missesOf, report } from './verdict';

const MINUTE_MS = 60_000;
/** Of which everything between the start and the last fault; what follows is the proof. */
const minutes = Number(process.env['INTEGRITY_MINUTES'] ?? '0');
const plan = minutes > 0 ? longPlan(minutes) : SHORT;

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

describe('faults on real services', () => {
  it(
    'loses no event and doubles none, and readers see whole rows and totals that never fall, whatever is killed',
    async () => {
      const seed = jest.getSeed();
      say(`  seed ${seed}${minutes > 0 ? `, ${minutes} minutes` : ', short form'}`);
      const result = await soak({ plan, seed, lastsMs: minutes * MINUTE_MS, say });
      const misses = missesOf(result, plan);
      say(report(result, plan, misses));
      expect(misses).toEqual([]);
    },
    (minutes * 2 + 8) * MINUTE_MS,
  );
});
