const WINDOW_MS = 5000;

/** Units per second over the last five seconds, so that the time left follows a change of pace. */
export class RateMeter {
  private readonly points: { readonly atMs: number; readonly done: number }[];

  /** `doneBefore`: work that goes on where a killed run stopped begins far from zero, and that jump is no speed. */
  constructor(startMs: number, doneBefore = 0) {
    this.points = [{ atMs: startMs, done: doneBefore }];
  }

  note(atMs: number, done: number): void {
    this.points.push({ atMs, done });
    while (this.points.length > 2 && atMs - (this.points[0]?.atMs ?? atMs) > WINDOW_MS) this.points.shift();
  }

  perSecond(): number {
    const first = this.points[0];
    const last = this.points.at(-1);
    if (first === undefined || last === undefined || last.atMs <= first.atMs) return 0;
    return (1000 * (last.done - first.done)) / (last.atMs - first.atMs);
  }
}
