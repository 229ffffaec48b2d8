import { toOffset } from '@harvest/kernel';
import { factFingerprint, recordFingerprint } from './fact-fingerprint';

const value = Buffer.from('{"artifactId":"a"}');

describe('fingerprints of facts', () => {
  it('are equal for equal bytes and fit an int8', () => {
    const print = factFingerprint(value, { type: 'artifact.observed', sequence: null, partition: 0 });
    expect(factFingerprint(Buffer.from(value), { type: 'artifact.observed', sequence: null, partition: 0 })).toBe(print);
    expect(BigInt.asIntN(64, print)).toBe(print);
  });

  it('differ by value, type, sequence and partition', () => {
    const prints = [
      factFingerprint(value, { type: 'artifact.observed', sequence: null, partition: 0 }),
      factFingerprint(Buffer.from('{"artifactId":"b"}'), { type: 'artifact.observed', sequence: null, partition: 0 }),
      factFingerprint(value, { type: 'artifact.classified', sequence: null, partition: 0 }),
      factFingerprint(value, { type: 'artifact.observed', sequence: 0n, partition: 0 }),
      factFingerprint(value, { type: 'artifact.observed', sequence: 1n, partition: 0 }),
      factFingerprint(value, { type: 'artifact.observed', sequence: 2n ** 53n - 1n, partition: 0 }),
      factFingerprint(value, { type: 'artifact.observed', sequence: null, partition: 1 }),
    ];
    expect(new Set(prints).size).toBe(prints.length);
  });

  it('no two of 200,000 meet', () => {
    const prints = new Set<bigint>();
    for (let index = 0; index < 200_000; index += 1)
      prints.add(factFingerprint(Buffer.from(`{"n":${index}}`), { type: 'score.computed', sequence: null, partition: index % 12 }));
    expect(prints.size).toBe(200_000);
  });
});

describe('fingerprint of a record', () => {
  const record = { offset: toOffset(7), timestampMs: 5, key: Buffer.from('k'), value, headers: {} };
  it('tells a re-created topic: another key, value or time at the same offset', () => {
    const { hash } = recordFingerprint(record);
    expect(hash).toMatch(/^[0-9a-f]{16}$/);
    for (const other of [{ key: null }, { value: null }, { timestampMs: 6 }, { key: Buffer.from('k{'), value: value.subarray(1) }])
      expect(recordFingerprint({ ...record, ...other }).hash).not.toBe(hash);
  });
});
