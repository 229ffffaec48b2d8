import { z } from 'zod';
import { dateTimeSchema, partialDateSchema, PUBLISHED_PRECISIONS } from './dates';
import { idSchema } from './primitives';

/**
 * The payloads of all event types: the one source of the TypeScript types, the JSON Schemas and the AsyncAPI document.
 * Optional: a missing field leaves what is known. Nullable: an explicit null clears it.
 */
export const ARTIFACT_TYPES = ['preprint', 'paper', 'repository', 'release', 'post', 'tweet'] as const;

const authorSchema = z.object({
  name: z.string().min(1),
  entityId: idSchema.optional(),
  platform: z.string().optional(),
  handle: z.string().optional(),
});
const confidenceSchema = z.number().min(0).max(1);
const topicMentionSchema = z.object({
  name: z.string().min(1),
  taxonomyPath: z.string().optional(),
  confidence: confidenceSchema.optional(),
});

export const artifactObservedSchema = z.object({
  artifactId: idSchema,
  source: idSchema,
  artifactType: z.enum(ARTIFACT_TYPES),
  title: z.string().min(1),
  text: z.string().nullish(),
  url: z.string().nullish(),
  publishedAt: partialDateSchema.nullish(),
  publishedPrecision: z.enum(PUBLISHED_PRECISIONS).nullish(),
  authors: z.array(authorSchema).nullish(),
  topics: z.array(topicMentionSchema).nullish(),
  references: z.array(idSchema).nullish(),
  metrics: z.record(z.string(), z.number()).nullish(),
  attributes: z.record(z.string(), z.unknown()).nullish(),
});

export const artifactClassifiedSchema = z.object({
  artifactId: idSchema,
  category: z.string().nullish(),
  sentiment: z.string().nullish(),
  urgency: z.number().int().min(0).max(3).nullish(),
  tags: z.array(z.string()).max(8).nullish(),
  topics: z.array(topicMentionSchema).nullish(),
  entities: z
    .object({
      people: z.array(z.string()).optional(),
      labs: z.array(z.string()).optional(),
      orgs: z.array(z.string()).optional(),
    })
    .nullish(),
  reasoning: z.string().nullish(),
});

export const artifactRetractedSchema = z.object({ artifactId: idSchema, reason: z.string().nullish() });

const scoreSchema = z.number().min(0).max(100);
export const scoreComputedSchema = z.object({
  artifactId: idSchema,
  discoveryScore: scoreSchema,
  novelty: scoreSchema.nullish(),
  emergence: scoreSchema.nullish(),
  obscurity: scoreSchema.nullish(),
  computedAt: dateTimeSchema.nullish(),
  model: z.string().nullish(),
});

const relationshipEndsSchema = z.object({
  source: idSchema,
  target: idSchema,
  type: z.enum(['cite', 'reference', 'discuss', 'implement', 'mention', 'related']),
});
export const relationshipDetectedSchema = relationshipEndsSchema.extend({
  confidence: confidenceSchema,
  method: z.string().min(1),
});
export const relationshipWithdrawnSchema = relationshipEndsSchema;

export const entityObservedSchema = z.object({
  entityId: idSchema,
  type: z.enum(['person', 'lab', 'organisation']),
  name: z.string().min(1),
  description: z.string().nullish(),
  homepageUrl: z.string().nullish(),
  accounts: z
    .array(
      z.object({
        platform: z.string().min(1),
        handle: z.string().min(1),
        followerCount: z.number().int().min(0).optional(),
        confidence: confidenceSchema.optional(),
      }),
    )
    .nullish(),
});
export const entityMergedSchema = z.object({ from: idSchema, into: idSchema });

export const topicDescribedSchema = z.object({
  topicId: idSchema,
  name: z.string().min(1),
  taxonomyPath: z.string().nullish(),
  description: z.string().nullish(),
});
export const topicSimilarityComputedSchema = z.object({
  topicId: idSchema,
  related: z.array(z.object({ topicId: idSchema, similarity: confidenceSchema })),
  computedAt: dateTimeSchema,
});
export const topicMergedSchema = z.object({ from: idSchema, into: idSchema });
export const topicSplitSchema = z.object({ from: idSchema, into: z.array(idSchema).min(1) });

const countsSchema = z.record(z.string(), z.number().int().min(0));
/** The last offset written, for every topic and partition: `{ topic: { partition: offset } }`. */
export const manifestSchema = z.record(z.string(), z.record(z.string().regex(/^\d{1,9}$/), z.number().int().min(0)));

export const ingestionStartedSchema = z.object({
  ingestionId: idSchema,
  source: idSchema,
  expected: z.number().int().min(0).nullish(),
});
export const ingestionProgressedSchema = z.object({ ingestionId: idSchema, counts: countsSchema });
export const ingestionCompletedSchema = z.object({
  ingestionId: idSchema,
  source: idSchema,
  counts: countsSchema.nullish(),
  manifest: manifestSchema.nullish(),
});
export const ingestionFailedSchema = z.object({ ingestionId: idSchema, error: z.string().min(1) });

export type ArtifactObserved = z.infer<typeof artifactObservedSchema>;
export type ArtifactClassified = z.infer<typeof artifactClassifiedSchema>;
export type ArtifactRetracted = z.infer<typeof artifactRetractedSchema>;
export type ScoreComputed = z.infer<typeof scoreComputedSchema>;
export type IngestionStarted = z.infer<typeof ingestionStartedSchema>;
export type IngestionProgressed = z.infer<typeof ingestionProgressedSchema>;
export type IngestionCompleted = z.infer<typeof ingestionCompletedSchema>;
export type IngestionFailed = z.infer<typeof ingestionFailedSchema>;
export type Manifest = z.infer<typeof manifestSchema>;
