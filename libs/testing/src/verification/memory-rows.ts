import type { HalfGuard, IngestionRow, DiscoveryRow } from '@harvest/read-models';
import { PUBLISHED_PRECISION_CODES } from '@harvest/read-models';
import type { CanonicalRow, CanonicalTable, VerificationSnapshot } from '@harvest/read-models';
import { toOffset } from '@harvest/kernel';
import type { MemoryProjectionStore } from '../simulation/memory-projection-store';

export type RowsByTable = Record<CanonicalTable, CanonicalRow[]>;

const guards = (halves: readonly HalfGuard[]) =>
  halves.reduce((bits, half, index) => bits | ((half.alive ? 1 : 0) << (index * 2)) | ((half.sequenced ? 2 : 0) << (index * 2)), 0);
const whole = (value: bigint | number | null) => value?.toString() ?? null;

/** The rows of a store in memory, as the tables' columns show them: positions and fingerprints left out. */
export function memoryRows(store: MemoryProjectionStore): RowsByTable {
  const counts = [...store.counts].map(([key, figures]) => ({ columns: key.split('|') as [string, string, string, string], ...figures }));
  const notZero = counts.filter(({ artifacts, discoveries }) => artifacts !== 0 || discoveries !== 0);
  return {
    artifact_card: [...store.cards.values()].map(({ artifactId, card, detail }) => ({ artifact_id: artifactId, card, detail })),
    discovery: [...store.discoveries.values()].map(discoveryColumns),
    count_by_kind: kinds(notZero),
    count_by_day: notZero.map(({ columns: [source, artifactType, day, precision], artifacts, discoveries }) => ({
      source,
      artifact_type: artifactType,
      day: Number(day),
      precision: PUBLISHED_PRECISION_CODES[precision as keyof typeof PUBLISHED_PRECISION_CODES],
      artifacts: whole(artifacts),
      discoveries: whole(discoveries),
    })),
    artifact_topic: [...store.topics.members.values()].map(({ topicId, artifactId, publishedMs, confidence, name, taxonomyPath }) => ({
      ...{ topic_id: topicId, artifact_id: artifactId, published_ms: whole(publishedMs), confidence },
      ...{ name, taxonomy_path: taxonomyPath },
    })),
    topic_figures: sums(store.topics.sums[0]!, ['topic_id', 'name', 'taxonomy_path']),
    topic_day: sums(store.topics.sums[1]!, ['topic_id', 'day', 'precision']),
    artifact_entity: [...store.entities.members.values()].map(({ entityId, artifactId, publishedMs, roles, name }) => ({
      ...{ entity_id: entityId, artifact_id: artifactId, published_ms: whole(publishedMs), roles, name },
    })),
    entity_figures: sums(store.entities.sums[0]!, ['entity_id', 'name']),
    ingestion: [...store.ingestions.values()].map(ingestionColumns),
  };
}

function sums(figures: MemoryProjectionStore['topics']['sums'][number], columns: readonly string[]): CanonicalRow[] {
  const notZero = [...figures].filter(([, { artifacts, discoveries, scoreSum }]) => artifacts !== 0 || discoveries !== 0 || scoreSum !== 0);
  return notZero.map(([key, { artifacts, discoveries, scoreSum }]) => {
    const values = JSON.parse(key) as (string | number)[];
    const named = columns.map((column, index) => [column, column === 'precision' ? precisionCode(values[index]) : values[index]] as const);
    return { ...Object.fromEntries(named), artifacts: whole(artifacts), discoveries: whole(discoveries), score_sum: whole(scoreSum) };
  });
}

const precisionCode = (name: string | number | undefined) => PUBLISHED_PRECISION_CODES[name as keyof typeof PUBLISHED_PRECISION_CODES];

function kinds(counts: readonly { columns: readonly string[]; artifacts: number; discoveries: number }[]): CanonicalRow[] {
  const sums = new Map<string, { source: string; artifact_type: string; artifacts: number; discoveries: number }>();
  for (const { columns, artifacts, discoveries } of counts) {
    const [source = '', artifact_type = ''] = columns;
    const sum = sums.get(`${source}|${artifact_type}`) ?? { source, artifact_type, artifacts: 0, discoveries: 0 };
    sums.set(`${source}|${artifact_type}`, { ...sum, artifacts: sum.artifacts + artifacts, discoveries: sum.discoveries + discoveries });
  }
  return [...sums.values()];
}

function discoveryColumns(row: DiscoveryRow): CanonicalRow {
  return {
    artifact_id: row.artifactId,
    source: row.source,
    artifact_type: row.artifactType,
    published_ms: whole(row.publishedMs),
    published_precision: row.publishedPrecision === null ? null : PUBLISHED_PRECISION_CODES[row.publishedPrecision],
    first_seen_ms: whole(row.firstSeenMs),
    discovery_score: row.discoveryScore,
    novelty: row.novelty,
    emergence: row.emergence,
    obscurity: row.obscurity,
    computed_at_ms: whole(row.computedAtMs),
    model: row.model,
    hot: whole(row.hot),
    visible: row.visible,
    guards: guards([row.observed, row.classified, row.scored]),
    observed_floor: whole(row.observed.floor),
    classified_floor: whole(row.classified.floor),
    scored_floor: whole(row.scored.floor),
  };
}

function ingestionColumns(row: IngestionRow): CanonicalRow {
  return {
    ingestion_id: row.ingestionId,
    state: row.state,
    source: row.source,
    expected: whole(row.expected),
    counts: row.counts === null ? null : JSON.stringify(row.counts),
    manifest: row.manifest === null ? null : JSON.stringify(row.manifest),
    error: row.error,
    started_ms: whole(row.startedMs),
    progressed_ms: whole(row.progressedMs),
    ended_ms: whole(row.endedMs),
    guards: guards([row.started, row.progressed, row.completed, row.failed]),
    started_floor: whole(row.started.floor),
    progressed_floor: whole(row.progressed.floor),
    completed_floor: whole(row.completed.floor),
    failed_floor: whole(row.failed.floor),
  };
}

/** What a snapshot of that store would show. */
export function memorySnapshot(store: MemoryProjectionStore, rows: RowsByTable = memoryRows(store)): VerificationSnapshot {
  const checkpoints = [...store.checkpoints.values()];
  return {
    positions: checkpoints.map(({ topic, partition, nextOffset, firstOffset }) => ({ topic, partition, nextOffset, firstOffset })),
    corrections: [...store.skipped].map((place) => ({ ...placeOf(place), value: null })),
    setAside: [...store.deadLetters].map(([place, { kind, code }]) => ({ ...placeOf(place), kind, code })),
    conflictingKeys: [...store.conflicts].map((place) => ({ topic: before(place, '/'), key: place.slice(before(place, '/').length + 1) })),
    async *rows(table) {
      for (let from = 0; from < rows[table].length; from += 50) yield await Promise.resolve(rows[table].slice(from, from + 50));
    },
    close: () => Promise.resolve(),
  };
}

const before = (text: string, mark: string) => text.slice(0, text.indexOf(mark));

function placeOf(place: string) {
  const [topic = '', partition, offset = '0'] = place.split('/');
  return { topic, partition: Number(partition), offset: toOffset(offset) };
}
