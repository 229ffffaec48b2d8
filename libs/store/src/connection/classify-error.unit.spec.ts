import { HarvestError } from '@harvest/kernel';
import { classifyError } from './classify-error';

const pgError = (code: string, message = 'refused') => Object.assign(new Error(message), { code });
const classified = (error: unknown) => {
  const { code, retriable } = classifyError(error, 'testing');
  return [code, retriable];
};

describe('what Postgres and its client fail with', () => {
  it.each([
    ...[
      ['40001', 'store-deadlock'],
      ['40P01', 'store-deadlock'],
      ['55P03', 'store-timeout'],
      ['57014', 'store-timeout'],
    ],
    ...[
      ['08006', 'store-unreachable'],
      ['57P01', 'store-unreachable'],
      ['57P03', 'store-unreachable'],
      ['53100', 'store-full'],
    ],
    ...[
      ['53300', 'store-full'],
      ['25006', 'store-unreachable'],
      ['25P03', 'store-timeout'],
    ],
  ] as const)('%s is %s and may pass', (state, code) => {
    expect(classified(pgError(state))).toEqual([code, true]);
  });

  it.each(['22021', '22P05', '22003', '23502', '23514', '54000'])('%s is a data error, which never passes', (state) => {
    expect(classified(pgError(state))).toEqual(['store-data-error', false]);
  });

  it.each(['42601', '42804', 'XX001', '0A000'])('%s is corrupt: stop', (state) => {
    expect(classified(pgError(state))).toEqual(['store-corrupt', false]);
  });

  it.each(['42P01', '3F000'])('%s names the command that migrates', (state) => {
    expect(classifyError(pgError(state), 'testing')).toMatchObject({
      code: 'database-not-migrated',
      message: expect.stringContaining('harvest db migrate'),
    });
  });

  it.each([
    pgError('ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:1'),
    pgError('ECONNRESET', 'read ECONNRESET'),
    pgError('EPIPE', 'write EPIPE'),
    new Error('Connection terminated unexpectedly'),
    new Error('Connection terminated due to connection timeout'),
    new Error('Client has encountered a connection error and is not queryable'),
  ])('a broken connection is unreachable: %s', (error) => {
    expect(classified(error)).toEqual(['store-unreachable', true]);
  });

  it('is total, and leaves coded errors alone', () => {
    for (const odd of [undefined, null, 'text', 7, {}]) expect(classified(odd)).toEqual(['store-corrupt', false]);
    const coded = new HarvestError({ code: 'x', message: 'y' });
    expect(classifyError(coded, 'testing')).toBe(coded);
  });
});
