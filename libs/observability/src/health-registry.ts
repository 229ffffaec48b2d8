import { withDeadline } from '@harvest/kernel';
import type { PerformanceSource } from './performance.port';

/**
 * `required`: the app cannot do its work without it: readiness fails. `startup`: only until it has once succeeded.
 * `detail`: reported as degraded, never a reason to take the app out of service.
 */
export type HealthNeed = 'required' | 'startup' | 'detail';

export interface HealthCheck {
  /** kebab-case, unique in the process. */
  readonly name: string;
  readonly need: HealthNeed;
  /** Resolves with what is worth showing; rejects when it is down. No secrets. */
  check(): Promise<HealthDetail>;
  /** Default 2,000. */
  readonly timeoutMs?: number;
}
export type HealthDetail = Readonly<Record<string, unknown>> | void;

export interface CheckResult {
  readonly name: string;
  readonly need: HealthNeed;
  readonly up: boolean;
  readonly detail: Readonly<Record<string, unknown>>;
}

const DEFAULT_TIMEOUT_MS = 2000;
/** Probes come from many places at once; one answer serves all of them for this long. */
const KEEP_MS = 250;

/** Rooms and apps bring their own checks; the health endpoints ask here. */
export class HealthRegistry {
  private readonly checks = new Map<string, HealthCheck>();
  private readonly started = new Set<string>();
  private readonly kept = new Map<string, { readonly result: Promise<CheckResult>; readonly untilMs: number }>();
  private draining = false;
  private measured: PerformanceSource | null = null;

  /** @throws Error for a name that is taken. */
  register(check: HealthCheck): void {
    if (this.checks.has(check.name)) throw new Error(`a health check named ${check.name} is registered already`);
    this.checks.set(check.name, check);
  }

  /** Where the figures of `/health/performance` come from: one source for the process, the last one given. */
  measureBy(source: PerformanceSource): void {
    this.measured = source;
  }

  /** Null: nothing here is measured. */
  performanceSource(): PerformanceSource | null {
    return this.measured;
  }

  /** From here on the app is not ready: it is leaving. */
  startDraining(): void {
    this.draining = true;
  }

  isDraining(): boolean {
    return this.draining;
  }

  /** What readiness depends on. Never rejects. */
  readiness(): Promise<readonly CheckResult[]> {
    return this.run((check) => check.need !== 'detail' && !this.hasStarted(check));
  }

  /** `required` and `startup` checks that have not succeeded yet since the process began. Never rejects. */
  startup(): Promise<readonly CheckResult[]> {
    return this.run((check) => check.need !== 'detail' && !this.started.has(check.name));
  }

  /** Everything. Never rejects. */
  everything(): Promise<readonly CheckResult[]> {
    return this.run(() => true);
  }

  /** One check by its name; null for one that is not registered. Never rejects. */
  async only(name: string): Promise<CheckResult | null> {
    const check = this.checks.get(name);
    return check === undefined ? null : this.runKept(check);
  }

  private hasStarted(check: HealthCheck): boolean {
    return check.need === 'startup' && this.started.has(check.name);
  }

  private run(wanted: (check: HealthCheck) => boolean): Promise<readonly CheckResult[]> {
    return Promise.all([...this.checks.values()].filter(wanted).map((check) => this.runKept(check)));
  }

  private runKept(check: HealthCheck): Promise<CheckResult> {
    const kept = this.kept.get(check.name);
    if (kept !== undefined && performance.now() < kept.untilMs) return kept.result;
    const result = this.runOne(check);
    this.kept.set(check.name, { result, untilMs: performance.now() + KEEP_MS });
    return result;
  }

  private async runOne(check: HealthCheck): Promise<CheckResult> {
    const { name, need } = check;
    try {
      const detail = await withDeadline(
        Promise.resolve().then(() => check.check()),
        check.timeoutMs ?? DEFAULT_TIMEOUT_MS,
        name,
      );
      this.started.add(name);
      return { name, need, up: true, detail: detail ?? {} };
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? { code: error.code } : {};
      return { name, need, up: false, detail: { ...code, message: error instanceof Error ? error.message : String(error) } };
    }
  }
}
