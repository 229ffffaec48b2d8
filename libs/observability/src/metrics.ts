import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { Tallies } from './tallies';

const LATENCY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Every metric of the product, named in this one file. Base units; labels are bounded, never ids. */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  const tallies = new Tallies();
  return {
    registry,
    tallies,
    ...engineMetrics(registers),
    ...ingestionMetrics(registers),
    ...httpMetrics(registers, tallies),
    ...storeMetrics(registers, tallies),
  };
}

export type HarvestMetrics = ReturnType<typeof createMetrics>;

function engineMetrics(registers: Registry[]) {
  return {
    eventsTotal: new Counter({
      name: 'harvest_events_total',
      help: 'Records by how they ended.',
      labelNames: ['topic', 'outcome'],
      registers,
    }),
    batchSeconds: new Histogram({
      name: 'harvest_batch_duration_seconds',
      help: 'Time from a chunk in hand to its commit.',
      labelNames: ['topic'],
      buckets: LATENCY_BUCKETS,
      registers,
    }),
    batchRecords: new Histogram({
      name: 'harvest_batch_records',
      help: 'Records per chunk.',
      labelNames: ['topic'],
      buckets: [1, 10, 100, 500, 1000, 2000],
      registers,
    }),
    fencedTotal: new Counter({
      name: 'harvest_fenced_total',
      help: 'Chunks refused because another owner moved the checkpoint.',
      labelNames: ['topic'],
      registers,
    }),
    partitionsHalted: new Gauge({
      name: 'harvest_partitions_halted',
      help: 'Partitions that stopped and need an operator.',
      labelNames: ['reason'],
      registers,
    }),
    lagRecords: new Gauge({
      name: 'harvest_lag_records',
      help: 'End offset of the log minus the next offset.',
      labelNames: ['topic', 'partition', 'generation'],
      registers,
    }),
    lastPollAgeSeconds: new Gauge({ name: 'harvest_last_poll_age_seconds', help: 'Age of the last answered fetch.', registers }),
    parkedKeys: new Gauge({ name: 'harvest_parked_keys', help: 'Keys that wait behind a dead letter.', labelNames: ['topic'], registers }),
    stalenessSeconds: new Gauge({
      name: 'harvest_staleness_seconds',
      help: 'How far behind the log the answer last read from the database may be.',
      registers,
    }),
  };
}

function ingestionMetrics(registers: Registry[]) {
  return {
    barrierSeconds: new Histogram({
      name: 'harvest_ingestion_barrier_seconds',
      help: 'From an ingestion decided complete until this process serves fresh answers.',
      buckets: LATENCY_BUCKETS,
      registers,
    }),
    ingestionsTotal: new Counter({
      name: 'harvest_ingestions_total',
      help: 'Ingestions decided, by outcome.',
      labelNames: ['outcome'],
      registers,
    }),
    suspiciousScoresTotal: new Counter({
      name: 'harvest_suspicious_scores_total',
      help: 'Score events whose every component is at most 1: a producer that sends 0–1.',
      registers,
    }),
    keyConflictsTotal: new Counter({
      name: 'harvest_key_in_two_partitions_total',
      help: 'Keys seen in two partitions of a topic.',
      labelNames: ['topic'],
      registers,
    }),
  };
}

function httpMetrics(registers: Registry[], tallies: Tallies) {
  return {
    httpRequestsTotal: new Counter({
      name: 'http_requests_total',
      help: 'HTTP requests.',
      labelNames: ['method', 'route', 'status'],
      registers,
      collect: tallies.handOver,
    }),
    httpRequestSeconds: new Histogram({
      name: 'http_request_duration_seconds',
      help: 'HTTP request duration.',
      labelNames: ['method', 'route'],
      buckets: LATENCY_BUCKETS,
      registers,
    }),
    httpInProgress: new Gauge({ name: 'http_requests_in_progress', help: 'HTTP requests being answered.', registers }),
  };
}

function storeMetrics(registers: Registry[], tallies: Tallies) {
  return {
    dbQuerySeconds: new Histogram({
      name: 'db_query_duration_seconds',
      help: 'Duration of named queries.',
      labelNames: ['query'],
      buckets: LATENCY_BUCKETS,
      registers,
    }),
    dbConnectionsActive: new Gauge({
      name: 'db_connections_active',
      help: 'Connections checked out of the pool.',
      labelNames: ['pool'],
      registers,
    }),
    cacheHitsTotal: new Counter({
      name: 'cache_hits_total',
      help: 'Answers served from a tier.',
      labelNames: ['tier', 'scope'],
      registers,
      collect: tallies.handOver,
    }),
    cacheMissesTotal: new Counter({ name: 'cache_misses_total', help: 'Answers that had to be loaded.', labelNames: ['scope'], registers }),
    cacheSize: new Gauge({ name: 'cache_size', help: 'Entries in the first tier.', registers }),
    cacheBytes: new Gauge({ name: 'cache_size_bytes', help: 'Bytes in the first tier.', registers }),
    cacheBreakerOpen: new Gauge({ name: 'cache_breaker_open', help: '1 while Redis is left alone.', registers }),
  };
}
