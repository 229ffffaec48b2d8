import { requestIdOf } from './request-id';

describe('requestIdOf', () => {
  it('takes the caller’s when it is harmless', () => {
    expect(requestIdOf('4bf92f35-77b3.4da6:a_3')).toBe('4bf92f35-77b3.4da6:a_3');
  });

  it.each([undefined, '', 'a b', 'a\nb', 'x'.repeat(101), ['a', 'b'], 'é', '"quoted"'])('makes its own instead of %j', (given) => {
    const made = requestIdOf(given);
    expect(made).toMatch(/^[\w.:-]{1,100}$/);
    expect(made).not.toBe(given);
    expect(requestIdOf(given)).not.toBe(made);
  });
});
