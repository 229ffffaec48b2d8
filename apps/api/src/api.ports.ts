import type { AppendedRecord, LogAppender } from '@harvest/contracts';
import type { HarvestMetrics, HealthRegistry, Logger } from '@harvest/observability';

/** What the API stands on. Whoever composes it brings these, in one process or in several. */
export interface ApiPorts {
  readonly log: LogAppender;
  readonly topicPrefix: string;
  readonly positions: ReceiptPositions;
  readonly health: HealthRegistry;
  readonly metrics: HarvestMetrics;
  readonly logger: Logger;
}

/** Makes what was appended into a position that readers may wait for. */
export interface ReceiptPositions {
  /** An opaque `minPosition`; null for nothing. */
  encode(appended: readonly AppendedRecord[]): string | null;
}

export const EVENT_INTAKE = Symbol('EventIntake');
export const API_LOGGER = Symbol('ApiLogger');

/** What POST /v1/events needs. */
export type EventIntake = Pick<ApiPorts, 'log' | 'topicPrefix' | 'positions'>;
