import { ProgressBar } from './progress-bar';

function bar(drawsProgress: boolean) {
  let nowMs = 0;
  let written = '';
  const terminal = {
    isInteractive: false,
    drawsProgress,
    columns: 100,
    write: () => undefined,
    writeError: (text: string) => void (written += text),
  };
  const progress = new ProgressBar(terminal, { nowMs: () => nowMs, sleep: () => Promise.resolve() });
  return { progress, pass: (ms: number) => void (nowMs += ms), written: () => written };
}

describe('progress', () => {
  it('is a line each two seconds in a pipe, with rate and time left', () => {
    const { progress, pass, written } = bar(false);
    progress.started({ name: 'publishing', unit: 'records', total: 10_000, doneBefore: 0 });
    for (let second = 1; second <= 4; second += 1) {
      pass(1000);
      progress.advanced(second * 1000);
    }
    progress.finished();
    expect(written()).toBe(
      'publishing: 20 % (2,000 of 10,000 records), 1,000/s, 8 s left\npublishing: 40 % (4,000 of 10,000 records), 1,000/s, 6 s left\n',
    );
  });

  it('is drawn over itself on a terminal and leaves nothing behind', () => {
    const { progress, pass, written } = bar(true);
    progress.started({ name: 'publishing', unit: 'records', total: 100, doneBefore: 0 });
    pass(500);
    progress.advanced(50);
    progress.finished();
    expect(written()).toContain('████████████░░░░░░░░░░░░ 50 %');
    expect(written().endsWith('\r\u001b[2K')).toBe(true);
  });

  it('does not take what an earlier run had done for speed', () => {
    const { progress, pass, written } = bar(false);
    progress.started({ name: 'publishing', unit: 'records', total: 10_000, doneBefore: 5000 });
    pass(2000);
    progress.advanced(6000);
    expect(written()).toContain('500/s, 8 s left');
  });

  it('gives no percentage of an unknown total', () => {
    const { progress, pass, written } = bar(false);
    progress.started({ name: 'reading', unit: 'lines', total: null, doneBefore: 0 });
    pass(2000);
    progress.advanced(10);
    expect(written()).toBe('reading: 10 lines, 5/s\n');
  });
});
