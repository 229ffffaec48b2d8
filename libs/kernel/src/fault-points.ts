import { HarvestError } from './harvest-error';

export const FAULT_POINTS = [
  'after-fetch',
  'after-fence',
  'before-rows',
  'before-commit',
  'after-commit-before-acknowledgement',
  'after-commit-before-announcing',
] as const;
export type FaultPoint = (typeof FAULT_POINTS)[number];

export interface FaultContext {
  readonly topic: string;
  readonly type?: string;
}

/** Named instants at which tests kill, throw or delay; `noFaults` in production. */
export interface FaultPoints {
  /** Resolves at once unless a fault is armed at this point. */
  reach(point: FaultPoint, context?: FaultContext): Promise<void> | void;
}

export const noFaults: FaultPoints = { reach: () => undefined };

export const FAULT_ACTIONS = ['kill', 'throw', 'delay'] as const;

/** One armed fault. */
export interface FaultSetting {
  readonly point: FaultPoint;
  /** `kill`: SIGKILL of this process. `throw`: a retriable `fault-injected`. `delay`: waits `delayMs`. */
  readonly action: (typeof FAULT_ACTIONS)[number];
  /** How many matching arrivals pass before the fault takes effect. */
  readonly after: number;
  /** How many arrivals it then hits. */
  readonly times: number;
  /** Only this topic: its whole name, or the family in it (`artifacts`). Null: any. */
  readonly topic: string | null;
  /** Only this event type. Null: any. */
  readonly type: string | null;
  readonly delayMs: number;
}

export interface FaultEffects {
  kill(): void;
  sleep(ms: number): Promise<void>;
}

const realEffects: FaultEffects = {
  kill: () => process.kill(process.pid, 'SIGKILL'),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

/** Arms the faults; each counts its own arrivals. */
export function createFaultPoints(settings: readonly FaultSetting[], effects: FaultEffects = realEffects): FaultPoints {
  if (settings.length === 0) return noFaults;
  const armed = settings.map((setting) => ({ setting, arrivals: 0 }));
  return {
    reach: async (point, context) => {
      for (const fault of armed) {
        if (!matches(fault.setting, point, context)) continue;
        fault.arrivals += 1;
        const { after, times } = fault.setting;
        if (fault.arrivals > after && fault.arrivals <= after + times) await strike(fault.setting, effects);
      }
    },
  };
}

function matches(setting: FaultSetting, point: FaultPoint, context: FaultContext | undefined): boolean {
  if (setting.point !== point) return false;
  if (setting.topic !== null && !isTopic(setting.topic, context?.topic)) return false;
  return setting.type === null || setting.type === context?.type;
}

function isTopic(wanted: string, topic: string | undefined): boolean {
  return topic !== undefined && (topic === wanted || topic.endsWith(`.${wanted}.v1`));
}

async function strike(setting: FaultSetting, effects: FaultEffects): Promise<void> {
  if (setting.action === 'delay') return effects.sleep(setting.delayMs);
  if (setting.action === 'throw') {
    throw new HarvestError({ code: 'fault-injected', retriable: true, message: `a fault was injected at ${setting.point}` });
  }
  effects.kill();
}
