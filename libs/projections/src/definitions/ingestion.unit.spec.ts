import type { IngestionRow } from '@harvest/read-models';
import { eventOf, factAt } from '@harvest/testing';
import { ingestionV1 } from './ingestion.v1.projection';

const ID = 'run-1';
const started = (payload: object = {}, sequence: number | null = null) =>
  eventOf('ingestion.started', { ingestionId: ID, source: 'acl', ...payload }, sequence);
const progressed = (written: number, sequence: number | null = null) =>
  eventOf('ingestion.progressed', { ingestionId: ID, counts: { 'artifact.observed': written } }, sequence);
const completed = (payload: object = {}) => eventOf('ingestion.completed', { ingestionId: ID, source: 'acl', ...payload });
const failed = eventOf('ingestion.failed', { ingestionId: ID, error: 'disk full' });
const manifest = { 'signals.artifacts.v1': { '0': 41 } };

function given(...events: Parameters<typeof factAt>[0][]) {
  let row: IngestionRow | null = null;
  const outcomes: string[] = [];
  events.forEach((event, offset) => {
    const fact = factAt(event, offset);
    const once = ingestionV1.evolve(fact, row);
    expect(ingestionV1.evolve(fact, once.row).row).toEqual(once.row);
    row = once.row;
    outcomes.push(once.outcome);
  });
  return { row: row as unknown as IngestionRow, outcomes };
}

describe('ingestion', () => {
  it('goes from announced to running to completed', () => {
    expect(given(started({ expected: 5 })).row).toMatchObject({
      state: 'announced',
      source: 'acl',
      expected: 5,
      startedMs: 1_700_000_000_000,
    });
    expect(given(started(), progressed(2)).row).toMatchObject({ state: 'running', counts: { 'artifact.observed': 2 } });
    const { row } = given(started(), progressed(2), completed({ manifest }));
    expect(row).toMatchObject({ state: 'completed', manifest, endedMs: 1_700_000_000_002, counts: { 'artifact.observed': 2 } });
    expect(row.completedPosition).toEqual({ partition: 0, offset: 2n });
  });
  it('a completion is known before any beginning', () => {
    expect(given(completed(), started(), progressed(1)).row).toMatchObject({ state: 'completed', progressedMs: 1_700_000_000_002 });
  });
  it('failed or completed: the later in the log', () => {
    expect(given(completed(), failed).row).toMatchObject({ state: 'failed', error: 'disk full' });
    expect(given(failed, completed()).row.state).toBe('completed');
  });
  it('a second completion is measured by its own manifest', () => {
    const { row } = given(completed({ manifest }), completed());
    expect(row.manifest).toBeNull();
    expect(row.completedPosition?.offset).toBe(1n);
  });
  it('each type is a half of its own', () => {
    const { outcomes, row } = given(progressed(5, 7), progressed(3, 6), progressed(9), started());
    expect(outcomes).toEqual(['projected', 'superseded', 'sequence-missing', 'projected']);
    expect(row.counts).toEqual({ 'artifact.observed': 5 });
  });
});
