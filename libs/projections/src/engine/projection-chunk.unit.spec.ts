import { encodeEvent, encodeTombstone } from '@harvest/contracts';
import type { EventType, PayloadOf, RecordToAppend } from '@harvest/contracts';
import { compareUtf8, toOffset } from '@harvest/kernel';
import type { ArtifactBatch } from '@harvest/read-models';
import { recordAt } from '@harvest/testing';
import { decodeRecords, isLegibleKey, poisonAll, sliceRecords } from './decoded-records';
import { ProjectionChunk } from './projection-chunk';
import { createRedrivePlanner } from './redrive-planner';
import type { OnPoison } from './route-records';

const prefix = 'signals.';
const NONE: ReadonlySet<never> = new Set<never>();
const base64 = (text: string) => Buffer.from(text).toString('base64');

const encode = <T extends EventType>(type: T, payload: PayloadOf<T>) =>
  encodeEvent({ type, payload, id: 'e', source: 'test' }, { topicPrefix: prefix });
const observed = (artifactId: string, title = 'T') =>
  encode('artifact.observed', { artifactId, source: 's', artifactType: 'paper', title });
const scored = (artifactId: string, discoveryScore = 5) => encode('score.computed', { artifactId, discoveryScore });
const broken = (artifactId: string): RecordToAppend => ({ ...observed(artifactId), value: Buffer.from('{') });
const unknownType = (artifactId: string): RecordToAppend => {
  const known = observed(artifactId);
  return { ...known, headers: { ...known.headers, ce_type: Buffer.from('harvester.artifact.praised.v1') } };
};

function chunkOf(appended: readonly RecordToAppend[], onPoison: OnPoison = 'park', family = 'artifacts') {
  const records = appended.map((record, index) => recordAt(record, index));
  const decoded = decodeRecords({ topic: `${prefix}${family}.v1`, partition: 0, prefix }, records);
  return new ProjectionChunk(decoded, {
    generation: { generation: 1, schema: 'read_1' },
    epoch: 1n,
    fromOffset: toOffset(0),
    toOffset: toOffset(records.length),
    onPoison,
  });
}

describe('every record goes exactly one way', () => {
  it('all well: all are projected, folded per subject', () => {
    const plan = chunkOf([observed('b'), observed('a'), observed('b', 'U')]).plan(NONE, NONE);
    const batch = plan.artifacts as ArtifactBatch;
    expect([plan.deadLetters, plan.newlyParked, plan.ignored, plan.ingestions]).toEqual([[], [], 0, null]);
    expect(batch.ids).toEqual(['a', 'b']);
    expect(batch.recordCounts).toEqual([1, 2]);
    expect(batch.facts.map((fact) => typeof fact)).toEqual(['bigint', 'object']);
    expect(batch.fresh(1)).toMatchObject({ projected: 2, rows: { card: { card: expect.stringContaining('"title":"U"') } } });
  });

  it('a poison parks its key: later events of it wait in order, others go on', () => {
    const plan = chunkOf([observed('a'), broken('a'), observed('b'), observed('a'), encodeTombstone('a', { topicPrefix: prefix })]).plan(
      NONE,
      NONE,
    );
    expect(plan.deadLetters.map(({ kind, offset, code }) => [kind, Number(offset), code])).toEqual([
      ['poison', 1, 'invalid-json'],
      ['waiting', 3, 'key-parked'],
      ['waiting', 4, 'key-parked'],
    ]);
    expect(plan.newlyParked).toEqual([base64('a')]);
    expect(plan.artifacts?.ids).toEqual(['a', 'b']);
    expect(plan.artifacts?.recordCounts).toEqual([1, 1]);
  });

  it('a key parked before waits from its first record on', () => {
    const chunk = chunkOf([observed('a'), observed('b')]);
    const plan = chunk.plan(new Set([base64('a')]), NONE);
    expect(plan.deadLetters.map(({ kind }) => kind)).toEqual(['waiting']);
    expect([plan.newlyParked, plan.artifacts?.ids]).toEqual([[], ['b']]);
    expect(chunk.keys()).toEqual([base64('a'), base64('b')]);
  });

  it('onPoison skip: the poison is set aside and its key goes on', () => {
    const plan = chunkOf([broken('a'), observed('a')], 'skip').plan(NONE, NONE);
    expect([plan.deadLetters.length, plan.newlyParked, plan.artifacts?.ids]).toEqual([1, [], ['a']]);
  });

  it('an illegible key cannot be parked', () => {
    const plan = chunkOf([{ ...observed('a'), key: Buffer.from([0xff]) }]).plan(NONE, NONE);
    expect([plan.deadLetters[0]?.code, plan.newlyParked]).toEqual(['invalid-utf8', []]);
    expect([isLegibleKey(Buffer.alloc(512, 'a')), isLegibleKey(Buffer.alloc(513, 'a')), isLegibleKey(null)]).toEqual([true, false, false]);
  });

  it('a correction skips the poison: ignored, nothing parked', () => {
    const plan = chunkOf([broken('a'), observed('a')]).plan(NONE, new Set([0n]));
    expect([plan.deadLetters, plan.newlyParked, plan.ignored, plan.artifacts?.ids]).toEqual([[], [], 1, ['a']]);
  });

  it('an unknown type is ignored; of a parked key it waits for a decoder that may know it', () => {
    const chunk = chunkOf([unknownType('a')]);
    expect(chunk.plan(NONE, NONE)).toMatchObject({ ignored: 1, artifacts: null, deadLetters: [] });
    expect(chunk.plan(new Set([base64('a')]), NONE)).toMatchObject({ ignored: 0, deadLetters: [{ kind: 'waiting' }] });
  });

  it('families without a read model are decoded, counted and passed over, their poison is not', () => {
    const merged = encode('entity.merged', { from: 'x', into: 'y' });
    const plan = chunkOf([merged, { ...merged, value: Buffer.from('[]') }], 'park', 'entities').plan(NONE, NONE);
    expect([plan.ignored, plan.artifacts, plan.deadLetters.length]).toEqual([1, null, 1]);
  });

  it('the same plan after a rollback', () => {
    const chunk = chunkOf([observed('a'), broken('b'), observed('b')]);
    const shapeOf = () => {
      const { deadLetters, newlyParked, artifacts } = chunk.plan(NONE, NONE);
      return { deadLetters, newlyParked, ids: artifacts?.ids, rows: artifacts?.fresh(0) };
    };
    expect(shapeOf()).toEqual(shapeOf());
  });
});

describe('folding', () => {
  it('subjects are sorted as Postgres sorts text COLLATE "C", not as UTF-16', () => {
    const ids = ['\u{1f600}', '\uff5e', 'é', 'z', 'a/b', 'a'];
    const batch = chunkOf(ids.map((id) => observed(id))).plan(NONE, NONE).artifacts as ArtifactBatch;
    expect(batch.ids).toEqual([...ids].sort((l, r) => Buffer.compare(Buffer.from(l), Buffer.from(r))));
    expect(compareUtf8('\uff5e', '\u{1f600}')).toBeLessThan(0);
  });

  it('scores neither touch cards nor are compared with an observation', () => {
    const batch = chunkOf([scored('a')], 'park', 'scores').plan(NONE, NONE).artifacts as ArtifactBatch;
    expect([batch.touchesCards, batch.factsOf, batch.fresh(0).rows.card]).toEqual([false, ['score'], null]);
  });

  it('an unchanged card is the known one', () => {
    const batch = chunkOf([observed('a')]).plan(NONE, NONE).artifacts as ArtifactBatch;
    const known = batch.fresh(0).rows;
    expect(batch.evolve(0, known).rows.card).toBe(known.card);
    const gone = chunkOf([encodeTombstone('a', { topicPrefix: prefix })]).plan(NONE, NONE).artifacts as ArtifactBatch;
    expect(gone.facts).toEqual([null]);
    expect(gone.evolve(0, known).rows.card).toBeNull();
  });

  it('suspicious scores are counted', () => {
    expect(chunkOf([scored('a', 0.5), scored('b', 50)], 'park', 'scores').decoded.suspiciousScores).toBe(1);
  });
});

describe('bisecting', () => {
  it('a half keeps its own poisons only; a single record can be set aside whole', () => {
    const { decoded } = chunkOf([broken('a'), observed('b'), observed('c')]);
    const tail = sliceRecords(decoded, 1, 3);
    expect([tail.records.length, tail.poisons.size, tail.facts.length]).toEqual([2, 0, 2]);
    const aside = poisonAll(sliceRecords(decoded, 2, 3), { code: 'store-data-error', path: 'value', reason: 'x', projection: 'discovery' });
    expect([[...aside.poisons.keys()], aside.facts]).toEqual([[2n], [null]]);
  });
});

describe('redrive', () => {
  const queue = (appended: readonly RecordToAppend[]) =>
    appended.map((record, index) => ({ ...recordAt(record, index * 10), partition: 4 })) as never;
  const planner = createRedrivePlanner({ topicPrefix: prefix });

  it('drains in order up to the first record that is still poison', () => {
    const plan = planner.plan(queue([observed('a'), observed('a', 'U'), broken('a'), observed('a', 'V')]), `${prefix}artifacts.v1`);
    expect([plan.drained, plan.artifacts?.recordCounts, plan.deadLetters]).toEqual([2, [2], []]);
    expect(plan.artifacts?.fresh(0).rows.discovery.artifactPosition).toEqual({ partition: 4, offset: 10n });
  });

  it('drains all when none is', () => {
    expect(planner.plan(queue([observed('a')]), `${prefix}artifacts.v1`)).toMatchObject({ drained: 1 });
    expect(planner.plan(queue([broken('a')]), `${prefix}artifacts.v1`)).toMatchObject({ drained: 0, artifacts: null });
  });
});
