import { PROBLEMS, problemSchema } from '@harvest/contracts';
import { HarvestError } from '@harvest/kernel';
import { ProblemError, problemHeaders, toProblemBody, toProblemError } from './problem-error';

describe('toProblemError', () => {
  it.each([
    ['a known code', new HarvestError({ code: 'store-unreachable', retriable: true, message: 'm' }), 'store-unreachable', 503],
    ['a bad cursor', new HarvestError({ code: 'invalid-cursor', message: 'm' }), 'invalid-cursor', 400],
    ['a retriable fault of another code', new HarvestError({ code: 'something-new', retriable: true, message: 'm' }), 'unavailable', 503],
    ['a fault of another code', new HarvestError({ code: 'store-corrupt', message: 'm' }), 'internal', 500],
    ['any error', new TypeError('x is undefined'), 'internal', 500],
    ['what is no error', 'thrown text', 'internal', 500],
    ['nothing', undefined, 'internal', 500],
    ['a body too large', Object.assign(new Error('m'), { code: 'FST_ERR_CTP_BODY_TOO_LARGE', statusCode: 413 }), 'body-too-large', 413],
    ['another refusal of the framework', Object.assign(new Error('m'), { code: 'FST_ERR_NEW', statusCode: 400 }), 'request-malformed', 400],
    ['a fault of the framework', Object.assign(new Error('m'), { code: 'FST_ERR_NEW', statusCode: 500 }), 'internal', 500],
  ])('%s', (_what, fault, code, status) => {
    const error = toProblemError(fault);
    expect([error.code, error.status]).toEqual([code, status]);
  });

  it('says nothing of the inside of what nobody expected', () => {
    const secret = 'password=hush';
    for (const fault of [new Error(secret), new HarvestError({ code: 'store-corrupt', message: secret, context: { secret } })]) {
      expect(JSON.stringify(toProblemBody(toProblemError(fault), 'r1'))).not.toContain('hush');
    }
  });

  it('names the parameter that a room names', () => {
    const fault = new HarvestError({ code: 'invalid-cursor', message: 'it was changed', context: { parameter: 'cursor' } });
    expect(toProblemError(fault).options.errors).toEqual([{ field: 'cursor', rule: 'it was changed' }]);
  });
});

describe('a problem', () => {
  it.each(Object.keys(PROBLEMS) as (keyof typeof PROBLEMS)[])('%s is what the contract says', (code) => {
    const body = toProblemBody(new ProblemError(code, 'detail', { errors: [{ field: 'f', rule: 'r' }] }), 'r1');
    expect(problemSchema.parse(body)).toEqual(body);
    expect(body.status).toBe(PROBLEMS[code].status);
  });

  it('tells to come back with every 503, and only then', () => {
    expect(problemHeaders(new ProblemError('refill-limit', 'd'))).toEqual({ 'retry-after': '1' });
    expect(problemHeaders(new ProblemError('invalid-cursor', 'd'))).toEqual({});
  });
});
