import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { EventLog } from '@harvest/contracts';
import type { Clock } from '@harvest/kernel';
import { HarvestError } from '@harvest/kernel';
import type { Logger } from '@harvest/observability';
import type { IngestionHistory, ProgressSink } from '@harvest/operations';
import { simulationId, SimulateOperation, WaitForIngestionOperation } from '@harvest/operations';

const planSchema = z.object({ sample: z.object({ seed: z.number().int(), artifacts: z.number().int() }).nullable() });
/** What the very first start decided; null: to stay empty. */
export type FillPlan = z.infer<typeof planSchema>['sample'];

const RUN = 1;
const WAIT_MS = 24 * 3_600_000;

/** The plan of the very first start on this data directory, which later starts keep to. */
export function settleFillPlan(dataDir: string, wanted: FillPlan): FillPlan {
  const path = join(dataDir, 'first-fill.json');
  if (existsSync(path)) return readPlan(path);
  writeFileSync(`${path}.partial`, `${JSON.stringify({ sample: wanted })}\n`);
  renameSync(`${path}.partial`, path);
  return wanted;
}

function readPlan(path: string): FillPlan {
  try {
    return planSchema.parse(JSON.parse(readFileSync(path, 'utf8'))).sample;
  } catch (error) {
    throw new HarvestError({
      code: 'data-dir-damaged',
      message: `${path} cannot be read: write {"sample":null} into it to stay as it is, or start on another HARVEST_DATA_DIR`,
      cause: error,
    });
  }
}

export interface FirstFillPorts {
  readonly log: EventLog;
  readonly history: IngestionHistory;
  readonly clock: Clock;
  readonly progress: ProgressSink;
  readonly logger: Logger;
}

/**
 * Publishes the sample stream through the log and waits until all of it is in the answers. What has become of it is known by the
 * ingestion's outcome, so a start that was killed on the way is simply gone on with.
 */
export class FirstFill {
  private isDone = false;

  constructor(
    private readonly ports: FirstFillPorts,
    private readonly plan: { readonly sample: FillPlan; readonly topicPrefix: string },
  ) {}

  /** For readiness. @throws `first-fill-running`. */
  check(): Promise<void> {
    if (this.isDone) return Promise.resolve();
    return Promise.reject(new HarvestError({ code: 'first-fill-running', message: 'the sample stream is not yet in the answers' }));
  }

  /** Resolves with true when this call filled it, false when there was nothing to do. Rejects with the signal's reason. */
  async run(signal: AbortSignal): Promise<boolean> {
    const { sample } = this.plan;
    const hasFilled = sample !== null && (await this.fill(sample, signal));
    this.isDone = true;
    return hasFilled;
  }

  private async fill(sample: NonNullable<FillPlan>, signal: AbortSignal): Promise<boolean> {
    const { history, clock, logger } = this.ports;
    const ingestionId = simulationId(sample, RUN);
    const status = await history.find(ingestionId);
    if (status !== null && status.outcome !== null) return false;
    if (status?.state !== 'completed') await this.publish(sample);
    const { outcome, detail } = await new WaitForIngestionOperation(history, clock).run(ingestionId, WAIT_MS, signal);
    if (outcome !== 'complete') logger.error({ ingestionId, outcome, detail }, 'the sample stream did not arrive whole');
    return true;
  }

  private async publish(sample: NonNullable<FillPlan>): Promise<void> {
    const { log, history, clock, progress } = this.ports;
    const request = { ...sample, topicPrefix: this.plan.topicPrefix, eventsPerSecond: null, run: RUN };
    await new SimulateOperation(log, history, clock, progress).run(request);
  }
}
