import type { PieceOfWork, ProgressSink } from '@harvest/operations';

const EVERY_MS = 1000;

/** A line a second while the process fills itself. */
export class FillProgress implements ProgressSink {
  private work: PieceOfWork | null = null;
  private saidMs = 0;

  constructor(private readonly say: (line: string) => void) {}

  started(work: PieceOfWork): void {
    this.work = work;
    this.saidMs = performance.now();
  }

  advanced(done: number): void {
    if (this.work === null || performance.now() - this.saidMs < EVERY_MS) return;
    this.saidMs = performance.now();
    const { total, unit } = this.work;
    this.say(total === null ? `  published ${done} ${unit}` : `  published ${done} of ${total} ${unit}`);
  }

  noted(message: string): void {
    this.say(`  ${message}`);
  }

  finished(): void {
    if (this.work !== null) this.say('  published; waiting until all of it is in the answers');
    this.work = null;
  }
}
