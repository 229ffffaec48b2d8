import { parseStandaloneOptions } from './standalone-options';

describe('the arguments of the standalone process', () => {
  it('have defaults', () => {
    expect(parseStandaloneOptions([])).toEqual({ help: false, empty: false, seed: 42, artifacts: 5000 });
  });
  it('are read', () => {
    expect(parseStandaloneOptions(['--empty', '--seed', '0', '--artifacts', '10'])).toEqual({
      help: false,
      empty: true,
      seed: 0,
      artifacts: 10,
    });
  });
  it.each([[['--seed']], [['--seed', '-1']], [['--artifacts', '0']], [['--artifacts', '1e3']], [['--full']], [['now']]])(
    '%p is a usage error',
    (argumentList) => {
      expect(() => parseStandaloneOptions(argumentList)).toThrow(
        expect.objectContaining({ code: 'usage', message: expect.stringContaining('--artifacts') as string }),
      );
    },
  );
});
