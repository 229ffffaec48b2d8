import { z } from 'zod';
import { ARTIFACT_TYPES, artifactClassifiedSchema, artifactObservedSchema, manifestSchema } from '../events/payloads';
import { REJECTION_CODES } from '../decode/decoded';

/** Answers, as they are written. Field names are those of the events; a member whose value is not known is left out. */
const observed = artifactObservedSchema.shape;
const classified = artifactClassifiedSchema.shape;

/** A member of an answer: never null, left out when unknown. */
function known<T extends z.ZodType>(schema: z.ZodOptional<z.ZodNullable<T>>): z.ZodOptional<T> {
  return schema.unwrap().unwrap().optional();
}

const cardMembers = {
  artifactId: z.string(),
  source: z.string(),
  artifactType: z.enum(ARTIFACT_TYPES),
  title: z.string(),
  url: known(observed.url),
  publishedAt: z.string().optional().describe('As the producer wrote it: a year, a month, a day or a moment.'),
  publishedPrecision: known(observed.publishedPrecision),
  authors: known(observed.authors),
  topics: known(observed.topics),
  metrics: known(observed.metrics),
  classification: z
    .object({
      category: known(classified.category),
      sentiment: known(classified.sentiment),
      urgency: known(classified.urgency),
      tags: known(classified.tags),
      topics: known(classified.topics),
      entities: known(classified.entities),
    })
    .optional(),
};

const score = z.number().min(0).max(100);
const scoreMembers = {
  discoveryScore: score,
  novelty: score.optional(),
  emergence: score.optional(),
  obscurity: score.optional(),
  computedAt: z.string().optional().describe('When the score was computed, ISO 8601 UTC.'),
  model: z.string().optional(),
};

/** An artifact that has been observed and scored. */
export const discoverySchema = z.object({ ...cardMembers, ...scoreMembers });
export type DiscoveryView = z.infer<typeof discoverySchema>;

const scoredOrNot = {
  ...cardMembers,
  ...scoreMembers,
  discoveryScore: score.optional().describe('Left out while the artifact has not been scored.'),
  parked: z.literal(true).optional().describe('Later events of this artifact wait behind one that cannot be processed.'),
};

export const artifactSchema = z.object({
  ...scoredOrNot,
  text: known(observed.text),
  references: known(observed.references),
  attributes: known(observed.attributes),
  reasoning: known(classified.reasoning),
});
export type ArtifactView = z.infer<typeof artifactSchema>;

const nextCursor = z.string().nullable().describe('Give it as `cursor` to get the next page; null on the last.');
const hasMore = z.boolean();

export const discoveryPageSchema = z.object({
  items: z.array(discoverySchema),
  nextCursor,
  hasMore,
  total: z.int().min(0).optional().describe('Exact; with `total=true`.'),
});

export const artifactLookupRequestSchema = z.strictObject({ ids: z.array(z.string().min(1)).min(1).max(200) });
export const artifactLookupSchema = z.object({
  items: z.array(z.object(scoredOrNot)).describe('In the order of `ids`, each once; without text, references and attributes.'),
  missing: z.array(z.string()).describe('Ids of which no artifact has been observed.'),
});

export const INGESTION_STATES = [
  'announced',
  'running',
  'pending',
  'complete',
  'complete-with-rejections',
  'incomplete',
  'failed',
] as const;
const moment = z.string().describe('ISO 8601 UTC.');

export const ingestionSchema = z.object({
  ingestionId: z.string(),
  state: z
    .enum(INGESTION_STATES)
    .describe('`pending`: completed by its producer, not yet wholly visible. `complete`: every event of it is in the answers.'),
  source: z.string().optional(),
  expected: z.int().min(0).optional(),
  counts: z.record(z.string(), z.int().min(0)).optional().describe('Records written per type, as its producer says.'),
  error: z.string().optional(),
  startedAt: moment.optional(),
  progressedAt: moment.optional(),
  endedAt: moment.optional(),
  decidedAt: moment.optional(),
  detail: z.unknown().optional().describe('What is missing, or which positions were rejected.'),
});
export const ingestionPageSchema = z.object({ items: z.array(ingestionSchema), nextCursor, hasMore });

const partitionProgressSchema = z.object({
  topic: z.string(),
  partition: z.int().min(0),
  lastOffset: z.int().min(0).describe('The last that the producer wrote there.'),
  nextOffset: z.int().min(0).nullable().describe('Where the answers stand; null: nothing of this partition is known.'),
  passed: z.boolean(),
});

export const ingestionDetailSchema = ingestionSchema.extend({
  manifest: manifestSchema.optional().describe('The last offset written, for every topic and partition.'),
  progress: z
    .object({ passed: z.int().min(0), of: z.int().min(0), partitions: z.array(partitionProgressSchema) })
    .optional()
    .describe('How much of the manifest has been passed.'),
});
export type IngestionView = z.infer<typeof ingestionDetailSchema>;

const kindCountSchema = z.object({
  source: z.string(),
  artifactType: z.enum(ARTIFACT_TYPES),
  artifacts: z.int().min(0),
  discoveries: z.int().min(0),
});

export const statusSchema = z.object({
  artifacts: z.int().min(0).describe('Observed, scored or not.'),
  discoveries: z.int().min(0),
  kinds: z.array(kindCountSchema).max(100).describe('Per source and type, the largest first; the two sums are of all.'),
  stalenessMs: z.int().min(0).optional().describe('How far behind the log the read models may be at `at`; left out while never measured.'),
  position: z.string().describe('Where they stand in the log: an `X-Position`.'),
  ingestions: z
    .object({
      running: z.int().min(0).describe('Announced, running or pending.'),
      complete: z.int().min(0).describe('With or without rejections.'),
      incomplete: z.int().min(0).describe('Incomplete or failed.'),
    })
    .describe('Of the latest 200.'),
  at: moment,
});
export type StatusView = z.infer<typeof statusSchema>;

const positionSchema = z.object({ topic: z.string(), partition: z.int().min(0), offset: z.string().describe('A decimal integer.') });

export const EVENT_REFUSALS = [...REJECTION_CODES, 'unknown-type'] as const;
export const eventVerdictSchema = z.discriminatedUnion('verdict', [
  z.object({ index: z.int().min(0), verdict: z.literal('appended'), id: z.string(), position: positionSchema }),
  z.object({
    index: z.int().min(0),
    verdict: z.literal('refused'),
    id: z.string().optional(),
    code: z.enum(EVENT_REFUSALS),
    path: z.string(),
    reason: z.string(),
  }),
]);
export type EventVerdict = z.infer<typeof eventVerdictSchema>;

export const eventsReceiptSchema = z.object({
  appended: z.int().min(0),
  refused: z.int().min(0),
  position: z.string().nullable().describe('Give it as `minPosition` to read what these events did; null when none was appended.'),
  verdicts: z.array(eventVerdictSchema).describe('One for each event, in the order of the batch.'),
});
export type EventsReceipt = z.infer<typeof eventsReceiptSchema>;

/** The attributes every event needs; the decoder judges the rest, each event on its own bytes. */
export const cloudEventSchema = z.looseObject({
  specversion: z.literal('1.0'),
  id: z.string().min(1),
  source: z.string().min(1),
  type: z.string().describe('`harvester.artifact.observed.v1`, … (docs/events)'),
  subject: z.string().optional(),
  time: z.string().optional(),
  data: z.unknown(),
});

export const indexSchema = z.object({ name: z.string(), documentation: z.string(), openapi: z.string(), operations: z.array(z.string()) });

export const healthSchema = z.object({
  status: z.enum(['ok', 'degraded', 'error', 'shutting_down']),
  info: z.record(z.string(), z.unknown()).optional(),
  error: z.record(z.string(), z.unknown()).optional(),
  details: z.record(z.string(), z.unknown()),
});

const count = z.int().min(0);
export const performanceSchema = z.object({
  status: z.enum(['ok', 'error']).describe('`error`: the database is silent.'),
  responseTimeMs: z.number().min(0).describe('What answering this took.'),
  cache: z
    .object({
      entries: count,
      active: count.describe('Of the entries, those that may still be served.'),
      hits: count,
      misses: count,
      hitRate: z.number().min(0).max(100).nullable().describe('Percent since the process began; null before the first question.'),
      bytes: count,
    })
    .nullable()
    .describe('Null: this process keeps no cache.'),
  database: z
    .object({
      status: z.enum(['up', 'down']),
      latencyMs: z.number().min(0).nullable().describe('Null while it is down.'),
      pool: z.object({ size: count, checkedOut: count, overflow: count, total: count }).describe('Of the connections for reads.'),
    })
    .nullable()
    .describe('Null: this process measures no database.'),
});
