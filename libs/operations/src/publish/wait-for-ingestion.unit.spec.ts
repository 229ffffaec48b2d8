import type { IngestionStatus } from '../ports/ingestion-history.port';
import { WaitForIngestionOperation } from './wait-for-ingestion.operation';

function operation(answers: readonly (IngestionStatus | null)[]) {
  let nowMs = 0;
  let asked = 0;
  const history = { find: () => Promise.resolve(answers[Math.min(asked++, answers.length - 1)] ?? null) };
  return new WaitForIngestionOperation(history, { nowMs: () => nowMs, sleep: (ms) => Promise.resolve(void (nowMs += ms)) });
}
const running: IngestionStatus = { state: 'running', counts: null, outcome: null, detail: null };

describe('waiting for an ingestion', () => {
  it('returns the outcome and how long it took', async () => {
    const decided: IngestionStatus = { ...running, state: 'completed', outcome: 'complete-with-rejections', detail: ['a'] };
    await expect(operation([null, running, decided]).run('i', 1000)).resolves.toEqual({
      outcome: 'complete-with-rejections',
      detail: ['a'],
      waitedMs: 50,
    });
  });
  it.each([
    ['nothing of it is known', null, 'does a projector run'],
    ['it is not decided', running, 'running'],
  ])('gives up after its time when %s, and says so', async (_name, status, says) => {
    await expect(operation([status]).run('i', 1000)).rejects.toMatchObject({
      code: 'wait-timeout',
      message: expect.stringContaining(says) as string,
    });
  });
});
