import { Turns } from './turns';

/** Work that ends when told, and notes when it began. */
function createWork(began: string[]) {
  const ends = new Map<string, () => void>();
  const work =
    (name: string, fails = false) =>
    () => {
      began.push(name);
      return new Promise<string>((resolve, reject) => ends.set(name, () => (fails ? reject(new Error(name)) : resolve(name))));
    };
  return { work, end: (name: string) => ends.get(name)!() };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('turns of writing', () => {
  it('partitions of one number write one after the other, in the order in which they asked; others at the same time', async () => {
    const began: string[] = [];
    const { work, end } = createWork(began);
    const turns = new Turns();
    const [artifacts, scores, other] = [turns.take(0, work('artifacts')), turns.take(0, work('scores')), turns.take(1, work('other'))];
    await settle();
    expect(began).toEqual(['artifacts', 'other']);
    end('artifacts');
    await settle();
    expect(began).toEqual(['artifacts', 'other', 'scores']);
    end('scores');
    end('other');
    expect(await Promise.all([artifacts, scores, other])).toEqual(['artifacts', 'scores', 'other']);
  });

  it('a write that fails hinders nobody, and its error goes to its own caller only', async () => {
    const { work, end } = createWork([]);
    const turns = new Turns();
    const [fails, next] = [turns.take(0, work('fails', true)), turns.take(0, work('next'))];
    await settle();
    end('fails');
    await expect(fails).rejects.toThrow('fails');
    end('next');
    await expect(next).resolves.toBe('next');
  });
});
