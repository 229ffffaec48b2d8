import type { LogAdmin, LogAppender, RecordToAppend } from '@harvest/contracts';
import { encodeEvent } from '@harvest/contracts';
import type { Clock } from '@harvest/kernel';
import type { IngestionHistory } from '../ports/ingestion-history.port';
import type { ProgressSink } from '../ports/progress-sink.port';
import type { ChosenRun } from '../publish/choose-run';
import { chooseRun, ingestionIdOf } from '../publish/choose-run';
import type { IngestionItem, IngestionReceipt } from '../publish/publish-ingestion';
import { IngestionPublisher } from '../publish/publish-ingestion';
import { paced } from './paced';
import type { SimulatedEvent, SimulationOptions } from './simulated-stream';
import { simulateStream } from './simulated-stream';

export interface SimulateRequest extends SimulationOptions {
  readonly topicPrefix: string;
  /** Null: as fast as the log takes them. */
  readonly eventsPerSecond: number | null;
  /** This run and no other, whatever became of it; null: the first that has not completed. */
  readonly run: number | null;
}

export const DEFAULT_SIMULATION: SimulationOptions = { seed: 42, artifacts: 5000 };

/** Publishes the simulated stream as one ingestion. A killed run goes on; a completed one is followed by a second of the same facts. */
export class SimulateOperation {
  constructor(
    private readonly log: LogAppender & LogAdmin,
    private readonly history: IngestionHistory,
    private readonly clock: Clock,
    private readonly progress: ProgressSink,
  ) {}

  /** @throws what the log and the history reject with. */
  async run(request: SimulateRequest): Promise<IngestionReceipt> {
    const { ingestionId, run, writtenBefore } = await this.choose(request);
    if (writtenBefore !== null) this.progress.noted(`going on with ${ingestionId}, which had not ended`);
    const items = simulatedItems(request, { ingestionId, topicPrefix: request.topicPrefix });
    return new IngestionPublisher(this.log, this.clock, this.progress).publish({
      ingestionId,
      source: `simulate (run ${run})`,
      topicPrefix: request.topicPrefix,
      expected: countSimulated(request),
      items: request.eventsPerSecond === null ? items : paced(items, request.eventsPerSecond, this.clock),
      writtenBefore,
    });
  }

  private async choose(request: SimulateRequest): Promise<ChosenRun> {
    if (request.run === null) return chooseRun(this.history, simulationName(request));
    const ingestionId = simulationId(request, request.run);
    const status = await this.history.find(ingestionId);
    return { ingestionId, run: request.run, writtenBefore: status === null ? null : (status.counts ?? {}) };
  }
}

export function simulationId(options: SimulationOptions, run: number): string {
  return ingestionIdOf(simulationName(options), run);
}

function simulationName({ seed, artifacts }: SimulationOptions): string {
  return `simulate:seed-${seed}:artifacts-${artifacts}`;
}

/** The stream as records: their bytes depend on the options and the ingestion id only. */
export function* simulatedItems(
  options: SimulationOptions,
  target: { readonly ingestionId: string; readonly topicPrefix: string },
): Generator<IngestionItem> {
  let number = 0;
  for (const event of simulateStream(options)) {
    yield { type: event.type, record: encodeSimulated(event, { ...target, number }) };
    number += 1;
  }
}

function encodeSimulated(event: SimulatedEvent, target: { ingestionId: string; topicPrefix: string; number: number }): RecordToAppend {
  const { type, payload, source, timeMs } = event;
  const { ingestionId, topicPrefix, number } = target;
  const envelope = { id: `${ingestionId}:${number}`, source: `simulate/${source}`, time: new Date(timeMs).toISOString(), ingestionId };
  return encodeEvent({ ...envelope, type, payload }, { topicPrefix });
}

function countSimulated(options: SimulationOptions): number {
  let count = 0;
  for (const event of simulateStream(options)) count += event.type === undefined ? 0 : 1;
  return count;
}
