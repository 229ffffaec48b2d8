import type { HarvestEvent } from '@harvest/contracts';
import type { Outcome } from './artifact';
import { canonicalJson, type CanonicalRow } from './canonical';
import { guardBits, Half } from './half';
import type { EventPosition } from './provenance';

type Fields = Record<string, string | number | null>;

/** What an ingestion's own events said; each of the four types is a half of its own. */
export class Ingestion {
  readonly events: EventPosition[] = [];
  private readonly halves = {
    'ingestion.started': new Half(),
    'ingestion.progressed': new Half(),
    'ingestion.completed': new Half(),
    'ingestion.failed': new Half(),
  };
  private ending: 'completed' | 'failed' | null = null;
  private readonly fields: Fields = {
    source: null,
    expected: null,
    counts: null,
    manifest: null,
    error: null,
    started_ms: null,
    progressed_ms: null,
    ended_ms: null,
  };

  constructor(readonly id: string) {}

  apply(event: HarvestEvent, timestampMs: number): Outcome {
    if (!isOfIngestion(event)) throw new TypeError(`${event.type} is not about an ingestion`);
    const verdict = this.halves[event.type].meet(event.envelope.sequence);
    if (verdict !== 'wins') return verdict;
    this.write(event, timestampMs);
    return 'projected';
  }

  private write(event: IngestionEvent, timestampMs: number): void {
    const { fields } = this;
    if (event.type === 'ingestion.started') {
      const { source, expected } = event.payload;
      Object.assign(fields, { source, started_ms: timestampMs }, expected === undefined ? {} : { expected });
    } else if (event.type === 'ingestion.progressed') {
      Object.assign(fields, { counts: canonicalJson(event.payload.counts), progressed_ms: timestampMs });
    } else if (event.type === 'ingestion.failed') {
      Object.assign(fields, { error: event.payload.error, ended_ms: timestampMs });
      this.ending = 'failed';
    } else {
      this.complete(event.payload, timestampMs);
    }
  }

  /** A manifest is its completion's own: one that brings none must not be measured by an earlier one's. */
  private complete(payload: PayloadOfCompletion, timestampMs: number): void {
    const { source, counts, manifest } = payload;
    Object.assign(this.fields, { source, ended_ms: timestampMs, manifest: textOf(manifest) });
    if (counts !== undefined) this.fields['counts'] = textOf(counts);
    this.ending = 'completed';
  }

  row(): CanonicalRow {
    const { 'ingestion.started': started, 'ingestion.progressed': progressed } = this.halves;
    const { 'ingestion.completed': completed, 'ingestion.failed': failed } = this.halves;
    return {
      ingestion_id: this.id,
      state: this.ending ?? (progressed.alive ? 'running' : 'announced'),
      ...this.fields,
      guards: guardBits([started, progressed, completed, failed]),
      started_floor: floorText(started),
      progressed_floor: floorText(progressed),
      completed_floor: floorText(completed),
      failed_floor: floorText(failed),
    };
  }
}

type IngestionEvent = Extract<HarvestEvent, { type: `ingestion.${string}` }>;
type PayloadOfCompletion = Extract<HarvestEvent, { type: 'ingestion.completed' }>['payload'];

function isOfIngestion(event: HarvestEvent): event is IngestionEvent {
  return event.type.startsWith('ingestion.');
}

const textOf = (value: unknown) => (value === null || value === undefined ? null : canonicalJson(value));
const floorText = (half: Half) => half.floor?.toString() ?? null;
