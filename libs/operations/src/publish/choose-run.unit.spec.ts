import type { IngestionStatus } from '../ports/ingestion-history.port';
import { noHistory } from '../ports/ingestion-history.port';
import { chooseRun } from './choose-run';

function history(known: Readonly<Record<string, Pick<IngestionStatus, 'state' | 'counts'>>>) {
  return { find: (id: string) => Promise.resolve(known[id] ? { ...known[id], outcome: null, detail: null } : null) };
}

describe('the run of an ingestion', () => {
  it('is the first when nothing is known', async () => {
    await expect(chooseRun(noHistory, 'file:x')).resolves.toEqual({ ingestionId: 'file:x:run-1', run: 1, writtenBefore: null });
  });
  it.each(['announced', 'running', 'failed'] as const)('goes on with one that is %s', async (state) => {
    const chosen = await chooseRun(history({ 'x:run-1': { state, counts: { 'score.computed': 7 } } }), 'x');
    expect(chosen).toEqual({ ingestionId: 'x:run-1', run: 1, writtenBefore: { 'score.computed': 7 } });
  });
  it('goes on from the start when no progress had been reported', async () => {
    const chosen = await chooseRun(history({ 'x:run-1': { state: 'running', counts: null } }), 'x');
    expect(chosen.writtenBefore).toEqual({});
  });
  it('is a new one after a completed one', async () => {
    const chosen = await chooseRun(history({ 'x:run-1': { state: 'completed', counts: {} } }), 'x');
    expect(chosen).toEqual({ ingestionId: 'x:run-2', run: 2, writtenBefore: null });
  });
});
