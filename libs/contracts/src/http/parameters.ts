import { z } from 'zod';
import { ARTIFACT_TYPES } from '../events/payloads';
import { MAX_ID_BYTES } from '../events/primitives';
import type { ParameterSpec } from './route';

/** Every parameter in an address, once. */
const text = (maxLength: number) => z.string().min(1).max(maxLength);

export const MAX_PAGE = 200;
export const DEFAULT_PAGE = 50;
export const MAX_WAIT_MS = 30_000;

export const artifactIdParameter = {
  kind: 'string',
  schema: text(MAX_ID_BYTES),
  about: 'The artifact’s id as its producer chose it, percent-encoded (`/` as `%2F`), at most 512 bytes.',
  example: 'arxiv:hep-th/9711200',
} as const satisfies ParameterSpec;
export const ingestionIdParameter = {
  kind: 'string',
  schema: text(MAX_ID_BYTES),
  about: 'The ingestion’s id, percent-encoded.',
  example: 'nightly-2026-01-31',
} as const satisfies ParameterSpec;

export const limitParameter = {
  kind: 'integer',
  schema: z.int().min(1).max(MAX_PAGE).default(DEFAULT_PAGE),
  about: 'Items on a page.',
} as const satisfies ParameterSpec;
export const cursorParameter = {
  kind: 'string',
  schema: text(4096),
  about: '`nextCursor` of the page before. It belongs to the question it came from.',
} as const satisfies ParameterSpec;

/** How fresh the answer must be; on all reads. */
export const freshnessParameters = {
  minPosition: {
    kind: 'string',
    schema: text(8192),
    about: 'Nothing older than this position: an `X-Position`, or the `position` of a receipt of POST /v1/events.',
  },
  waitMs: {
    kind: 'integer',
    schema: z.int().min(0).max(MAX_WAIT_MS),
    about: 'How long to wait for `minPosition`, in ms; then 412. Not given: no wait.',
  },
  maxStalenessMs: {
    kind: 'integer',
    schema: z
      .int()
      .min(0)
      .max(10 ** 12),
    about: 'How far behind the log the answer may be, in ms; what cannot be met is 503.',
  },
} as const satisfies Record<string, ParameterSpec>;

const partialDate = z
  .string()
  .regex(
    /^\d{4}(-\d{2}(-\d{2}([Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2}))?)?)?$/,
    'must be YYYY, YYYY-MM, YYYY-MM-DD or RFC 3339 with a zone',
  );

export const discoveryFilters = {
  source: {
    kind: 'string',
    schema: text(2000),
    about: 'Of these sources, a comma list: `arxiv,github`.',
    example: 'arxiv',
  },
  type: { kind: 'string', schema: z.enum(ARTIFACT_TYPES), about: 'Of this artifact type.', example: 'paper' },
  topic: {
    kind: 'string',
    schema: text(1000),
    about: 'Of this topic, by its id; goes with neither source nor type.',
    example: 'name:machine learning',
  },
  entity: {
    kind: 'string',
    schema: text(1000),
    about: 'Of this entity (an author, or whom a classification names), by its id; goes with neither source, type nor topic.',
    example: 'name:ada lovelace',
  },
  minScore: { kind: 'number', schema: z.number().min(0).max(100), about: 'With a `discoveryScore` of at least this.', example: 70 },
  since: {
    kind: 'string',
    schema: partialDate,
    about: 'Published at or after this moment. A partial date means the start of its period.',
    example: '2024-01',
  },
  until: { kind: 'string', schema: partialDate, about: 'Published before this moment.', example: '2025' },
  hours: {
    kind: 'integer',
    schema: z
      .int()
      .min(1)
      .max(24 * 366 * 10),
    about: 'Published in the last so many hours; instead of `since`.',
  },
  sort: {
    kind: 'string',
    schema: z.enum(['score', 'recent', 'hot']).default('score'),
    about: '`score`: highest first. `recent`: latest published first. `hot`: the score, halved about every ten days.',
  },
} as const satisfies Record<string, ParameterSpec>;

export const totalParameter = {
  kind: 'boolean',
  schema: z.boolean().default(false),
  about: 'Adds the exact `total`; kept for no filter, source, type, both, topic, and whole days of these; for an entity in all.',
} as const satisfies ParameterSpec;

export const topicIdParameter = {
  kind: 'string',
  schema: text(MAX_ID_BYTES),
  about: 'The topic’s id, percent-encoded. One that is known by its name only: `name:` and the name in lower case.',
  example: 'name:machine learning',
} as const satisfies ParameterSpec;

export const entityIdParameter = {
  kind: 'string',
  schema: text(MAX_ID_BYTES),
  about: 'The entity’s id, percent-encoded: its producer’s, or `name:` and the name in lower case.',
  example: 'name:ada lovelace',
} as const satisfies ParameterSpec;

const wholeDate = z.string().regex(/^\d{4}(-\d{2}){0,2}$/, 'must be YYYY, YYYY-MM or YYYY-MM-DD');

export const timelineParameters = {
  bucket: {
    kind: 'string',
    schema: z.enum(['day', 'month', 'year']).default('month'),
    about: 'What is known only to the month counts in months and years, what is known only to the year in years.',
  },
  since: { kind: 'string', schema: wholeDate, about: 'From this UTC day on.', example: '2018' },
  until: { kind: 'string', schema: wholeDate, about: 'Before this UTC day.', example: '2019-07' },
  limit: { kind: 'integer', schema: z.int().min(1).max(1000).default(120), about: 'Buckets, the latest first.' },
} as const satisfies Record<string, ParameterSpec>;

export const trendingParameters = {
  windowDays: { kind: 'integer', schema: z.int().min(1).max(365).default(14), about: 'Whole UTC days.' },
  until: {
    kind: 'string',
    schema: wholeDate,
    about: 'The window ends before this UTC day. Not given: it ends with today.',
    example: '2019-02-01',
  },
  limit: limitParameter,
} as const satisfies Record<string, ParameterSpec>;
