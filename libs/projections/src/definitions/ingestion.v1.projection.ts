import { INGESTION_READ_MODEL, NEW_HALF } from '@harvest/read-models';
import type { IngestionRow } from '@harvest/read-models';
import type { Fact, FactEventOf, Outcome, ProjectionDefinition } from './definition';
import { guardAfterEvent, judgeHalf } from './halves';

export interface IngestionStep {
  /** The known row itself when nothing changed. */
  readonly row: IngestionRow;
  readonly outcome: Outcome;
  readonly otherPartition: boolean;
}

type Draft = { -readonly [K in keyof IngestionRow]: IngestionRow[K] };
type IngestionEvent = FactEventOf<'ingestion.started' | 'ingestion.progressed' | 'ingestion.completed' | 'ingestion.failed'>;
type Half = 'started' | 'progressed' | 'completed' | 'failed';

/** What an ingestion's own events said; each of the four types is a half of its own. */
export const ingestionV1 = {
  ...INGESTION_READ_MODEL,
  handles: ['ingestion.started', 'ingestion.progressed', 'ingestion.completed', 'ingestion.failed'],
  evolve: evolveIngestion,
} as const satisfies ProjectionDefinition & { evolve: typeof evolveIngestion };

const HALF_OF = {
  'ingestion.started': 'started',
  'ingestion.progressed': 'progressed',
  'ingestion.completed': 'completed',
  'ingestion.failed': 'failed',
} as const satisfies Record<IngestionEvent['type'], Half>;

const UNKNOWN: IngestionRow = {
  ingestionId: '',
  state: 'announced',
  source: null,
  expected: null,
  counts: null,
  manifest: null,
  error: null,
  startedMs: null,
  progressedMs: null,
  endedMs: null,
  started: NEW_HALF,
  progressed: NEW_HALF,
  completed: NEW_HALF,
  failed: NEW_HALF,
  position: null,
  completedPosition: null,
};

function evolveIngestion(fact: Fact, known: IngestionRow | null): IngestionStep {
  const event = fact.event as IngestionEvent;
  const row = known ?? { ...UNKNOWN, ingestionId: event.subject };
  const half = HALF_OF[event.type];
  const { sequence } = event.envelope;
  const outcome = judgeHalf(row[half], sequence);
  const guard = guardAfterEvent(row[half], sequence, outcome);
  const otherPartition = row.position !== null && row.position.partition !== fact.partition;
  if (outcome !== 'projected' && guard === row[half]) return { row, outcome, otherPartition };
  const draft: Draft = { ...row, [half]: guard, position: { partition: fact.partition, offset: fact.offset } };
  if (outcome === 'projected') write(draft, event, fact);
  return { row: draft, outcome, otherPartition };
}

function write(draft: Draft, event: IngestionEvent, fact: Fact): void {
  switch (event.type) {
    case 'ingestion.started':
      return writeStarted(draft, (event as FactEventOf<'ingestion.started'>).payload, fact);
    case 'ingestion.progressed':
      draft.counts = (event as FactEventOf<'ingestion.progressed'>).payload.counts;
      draft.progressedMs = fact.timestampMs;
      draft.state = stateBeforeEnd(draft);
      return;
    case 'ingestion.completed':
      return writeCompleted(draft, (event as FactEventOf<'ingestion.completed'>).payload, fact);
    case 'ingestion.failed':
      draft.error = (event as FactEventOf<'ingestion.failed'>).payload.error;
      draft.endedMs = fact.timestampMs;
      draft.state = 'failed';
  }
}

function writeStarted(draft: Draft, payload: FactEventOf<'ingestion.started'>['payload'], fact: Fact): void {
  draft.source = payload.source;
  if (payload.expected !== undefined) draft.expected = payload.expected;
  draft.startedMs = fact.timestampMs;
  draft.state = stateBeforeEnd(draft);
}

/** The manifest is this completion's own: one without must not be measured by an earlier one's. */
function writeCompleted(draft: Draft, payload: FactEventOf<'ingestion.completed'>['payload'], fact: Fact): void {
  draft.source = payload.source;
  if (payload.counts !== undefined) draft.counts = payload.counts;
  draft.manifest = payload.manifest ?? null;
  draft.endedMs = fact.timestampMs;
  draft.state = 'completed';
  draft.completedPosition = { partition: fact.partition, offset: fact.offset };
}

/** Once ended it stays so, whatever is told later of its beginning: types have no mutual order but the log's. */
function stateBeforeEnd(draft: Draft): IngestionRow['state'] {
  if (draft.state === 'completed' || draft.state === 'failed') return draft.state;
  return draft.progressed.alive ? 'running' : 'announced';
}
