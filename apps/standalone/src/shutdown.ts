import { withDeadline } from '@harvest/kernel';
import type { Logger } from '@harvest/observability';

/** In this order; what belongs to one step ends side by side. */
const STEPS = ['work', 'rooms', 'postgres', 'last'] as const;
type ShutdownStep = (typeof STEPS)[number];

/** Together below 5 s: whatever hangs is left behind, and what was committed is safe. */
export const SHUTDOWN_LIMITS_MS: Readonly<Record<ShutdownStep, number>> = { work: 2200, rooms: 600, postgres: 1500, last: 200 };
/** Of Postgres's time, for the gentle way. */
const GENTLE_SHARE = 0.6;

interface Closable {
  readonly step: ShutdownStep;
  readonly name: string;
  close(withinMs: number): Promise<void>;
}

/** Ends in order what was started, also when the start was cut short. */
export class Shutdown {
  private readonly closables: Closable[] = [];
  private running: Promise<void> | null = null;

  constructor(
    private readonly logger: Logger,
    private readonly limitsMs: Readonly<Record<ShutdownStep, number>> = SHUTDOWN_LIMITS_MS,
  ) {}

  add(closable: Closable): void {
    this.closables.push(closable);
  }

  /** Idempotent, never rejects. */
  run(): Promise<void> {
    this.running ??= this.closeAll();
    return this.running;
  }

  private async closeAll(): Promise<void> {
    for (const step of STEPS) {
      const ofStep = this.closables.filter((closable) => closable.step === step);
      await Promise.all(ofStep.map((closable) => this.closeOne(closable)));
    }
  }

  private async closeOne(closable: Closable): Promise<void> {
    const { step, name } = closable;
    const limitMs = this.limitsMs[step];
    try {
      await withDeadline(closable.close(limitMs * GENTLE_SHARE), limitMs, `ending ${name}`);
    } catch (error) {
      this.logger.warn({ err: error }, `${name} did not end in order`);
    }
  }
}
