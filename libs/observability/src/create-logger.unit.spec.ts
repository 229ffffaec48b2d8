import { HarvestError } from '@harvest/kernel';
import { createLogger } from './create-logger';

function capture(level: 'debug' | 'info' = 'info') {
  const lines: string[] = [];
  const logger = createLogger({ name: 'api', level, pretty: false, destination: { write: (line: string) => void lines.push(line) } });
  return { logger, lines, entry: () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown> };
}

describe('createLogger', () => {
  it('writes one JSON line with fields, sentence, level and name', () => {
    const { logger, entry } = capture();
    logger.child({ topic: 'signals.scores.v1', partition: 3 }).info({ requestId: 'r1' }, 'applied');
    expect(entry()).toMatchObject({
      level: 'info',
      name: 'api',
      topic: 'signals.scores.v1',
      partition: 3,
      requestId: 'r1',
      msg: 'applied',
    });
  });

  it('keeps a bigint offset exact', () => {
    const { logger, lines } = capture();
    logger.info({ offset: 9_007_199_254_740_993n }, 'applied');
    expect(lines[0]).toContain('"offset":9007199254740993');
  });

  it('keeps secrets out, also in nested fields', () => {
    const { logger, lines } = capture();
    logger.error(
      { password: 'hush', config: { databaseUrl: 'hush' }, request: { headers: { authorization: 'hush', cookie: 'hush' } } },
      'failed',
    );
    expect(lines[0]).not.toContain('hush');
    expect(lines[0]).toContain('[redacted]');
  });

  it('describes errors with their code and cause', () => {
    const { logger, entry } = capture();
    const cause = new Error('ECONNREFUSED');
    logger.error({ err: new HarvestError({ code: 'store-unreachable', message: 'Postgres does not answer', cause }) }, 'failed');
    expect(entry()['err']).toMatchObject({
      code: 'store-unreachable',
      message: 'Postgres does not answer',
      cause: { message: 'ECONNREFUSED' },
    });
  });

  it('leaves out what is below its level', () => {
    const { logger, lines } = capture();
    logger.debug({}, 'chatter');
    expect(lines).toEqual([]);
  });
});
