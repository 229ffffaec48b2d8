import type { Clock } from '@harvest/kernel';
import type { PieceOfWork, ProgressSink } from '@harvest/operations';
import { RateMeter } from './rate-meter';
import type { Terminal } from './terminal';

const DRAW_EVERY_MS = 100;
const LINE_EVERY_MS = 2000;
const BAR_CELLS = 24;

interface Work extends PieceOfWork {
  readonly meter: RateMeter;
  done: number;
  shownMs: number;
}

/** Progress with rate and time left: a bar on a terminal, a line now and then in a pipe. */
export class ProgressBar implements ProgressSink {
  private work: Work | null = null;

  constructor(
    private readonly terminal: Terminal,
    private readonly clock: Clock,
  ) {}

  started(work: PieceOfWork): void {
    const nowMs = this.clock.nowMs();
    this.work = { ...work, meter: new RateMeter(nowMs, work.doneBefore), done: work.doneBefore, shownMs: nowMs };
  }

  advanced(done: number): void {
    const { work } = this;
    if (work === null) return;
    const nowMs = this.clock.nowMs();
    work.done = done;
    work.meter.note(nowMs, done);
    if (nowMs - work.shownMs < (this.terminal.drawsProgress ? DRAW_EVERY_MS : LINE_EVERY_MS)) return;
    work.shownMs = nowMs;
    this.show(work);
  }

  noted(message: string): void {
    this.terminal.writeError(`${this.clearing()}${message}\n`);
  }

  finished(): void {
    if (this.work === null) return;
    if (this.terminal.drawsProgress) this.terminal.writeError(this.clearing());
    this.work = null;
  }

  private show(work: Work): void {
    const text = describe(work);
    if (!this.terminal.drawsProgress) return this.terminal.writeError(`${work.name}: ${text}\n`);
    const line = `${work.name} ${drawBar(work)}${text}`;
    this.terminal.writeError(`${this.clearing()}${line.slice(0, this.terminal.columns - 1)}`);
  }

  private clearing(): string {
    return this.terminal.drawsProgress ? '\r\u001b[2K' : '';
  }
}

function describe({ done, total, unit, meter }: Work): string {
  const perSecond = meter.perSecond();
  const rate = `${count(Math.round(perSecond))}/s`;
  if (total === null || total === 0) return `${count(done)} ${unit}, ${rate}`;
  const percent = Math.min(100, Math.floor((100 * done) / total));
  const left = perSecond > 0 ? `, ${duration((total - done) / perSecond)} left` : '';
  return `${percent} % (${count(done)} of ${count(total)} ${unit}), ${rate}${left}`;
}

function drawBar({ done, total }: Work): string {
  if (total === null || total === 0) return '';
  const filled = Math.min(BAR_CELLS, Math.floor((BAR_CELLS * done) / total));
  return `${'█'.repeat(filled)}${'░'.repeat(BAR_CELLS - filled)} `;
}

export function count(value: number): string {
  return value.toLocaleString('en-GB');
}

export function duration(seconds: number): string {
  if (seconds < 1) return '< 1 s';
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
