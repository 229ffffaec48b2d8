import {
  artifactIdParameter,
  cursorParameter,
  discoveryFilters,
  entityIdParameter,
  freshnessParameters,
  ingestionIdParameter,
  limitParameter,
  timelineParameters,
  topicIdParameter,
  totalParameter,
  trendingParameters,
} from './parameters';
import type { AnswerHeader, ParameterSpec, RouteSpec } from './route';

const JSON_TYPE = 'application/json';
const FRESH_HEADERS: readonly AnswerHeader[] = ['X-Position', 'X-Staleness-Ms'];
const CACHED_HEADERS: readonly AnswerHeader[] = ['ETag', 'Cache-Control', 'X-Cache', ...FRESH_HEADERS];
const NOT_MODIFIED = { about: 'Nothing has changed since the ETag you hold.', headers: CACHED_HEADERS } as const;

const READ_PROBLEMS = [
  'unknown-parameter',
  'repeated-parameter',
  'invalid-parameter',
  'invalid-position',
  'position-not-reached',
  'stream-limit',
  'too-stale',
  'pool-exhausted',
  'store-unreachable',
  'store-timeout',
] as const;
const EXPORT_PROBLEMS = [
  'unknown-parameter',
  'repeated-parameter',
  'invalid-parameter',
  'pool-exhausted',
  'store-unreachable',
  'store-timeout',
] as const;
const PAGE_PROBLEMS = [...READ_PROBLEMS, 'invalid-cursor', 'refill-limit'] as const;
const BODY_PROBLEMS = [
  'body-missing',
  'json-invalid',
  'body-invalid',
  'body-too-large',
  'media-type-unsupported',
  'encoding-unsupported',
] as const;

export const MAX_EVENTS_BYTES = 5_000_000;
export const MAX_EVENTS = 1000;
const MAX_LOOKUP_BYTES = 512 * 1024;

/** Every operation of the public API. The server binds exactly these; the OpenAPI document is made of them. */
export const ROUTES = {
  listDiscoveries: {
    method: 'GET',
    path: '/v1/discoveries',
    tag: 'discoveries',
    summary: 'Discoveries: artifacts that have been observed and scored',
    pathParameters: {},
    query: { ...discoveryFilters, limit: limitParameter, cursor: cursorParameter, total: totalParameter, ...freshnessParameters },
    requestHeaders: ['If-None-Match', 'X-Request-Id'],
    answers: { 200: { about: 'A page.', mediaType: JSON_TYPE, view: 'DiscoveryPage', headers: CACHED_HEADERS }, 304: NOT_MODIFIED },
    problems: [...PAGE_PROBLEMS, 'combination-not-served', 'total-not-kept'],
  },
  exportDiscoveries: {
    method: 'GET',
    path: '/v1/discoveries/export',
    tag: 'discoveries',
    summary: 'All discoveries, streamed',
    description:
      'A discovery a line, in the order of the list, of one snapshot. After every batch a line `{"nextCursor":"…"}`: after a broken ' +
      'connection give it as `cursor` to go on behind it. The last line is `{"nextCursor":null,"items":…}`: without it the export is not whole.',
    pathParameters: {},
    query: { ...discoveryFilters, cursor: cursorParameter },
    requestHeaders: ['X-Request-Id'],
    answers: { 200: { about: 'Lines.', mediaType: 'application/x-ndjson' } },
    problems: [...EXPORT_PROBLEMS, 'invalid-cursor', 'combination-not-served', 'stream-limit'],
  },
  getArtifact: {
    method: 'GET',
    path: '/v1/artifacts/{id}',
    tag: 'artifacts',
    summary: 'One artifact, scored or not',
    pathParameters: { id: artifactIdParameter },
    query: freshnessParameters,
    requestHeaders: ['If-None-Match', 'X-Request-Id'],
    answers: { 200: { about: 'The artifact.', mediaType: JSON_TYPE, view: 'Artifact', headers: CACHED_HEADERS }, 304: NOT_MODIFIED },
    problems: [...READ_PROBLEMS, 'id-invalid', 'artifact-unknown'],
  },
  lookupArtifacts: {
    method: 'POST',
    path: '/v1/artifacts/lookup',
    tag: 'artifacts',
    summary: 'Up to 200 artifacts by id',
    pathParameters: {},
    query: freshnessParameters,
    requestHeaders: ['X-Request-Id'],
    body: { about: 'The ids.', maxBytes: MAX_LOOKUP_BYTES, mediaTypes: { [JSON_TYPE]: 'ArtifactLookupRequest' } },
    answers: {
      200: { about: 'Those known, and the ids of those not.', mediaType: JSON_TYPE, view: 'ArtifactLookup', headers: FRESH_HEADERS },
    },
    problems: [...READ_PROBLEMS, ...BODY_PROBLEMS, 'id-invalid'],
  },
  listTopics: topics('/v1/topics', 'Topics, those with the most artifacts first', {
    query: { limit: limitParameter, cursor: cursorParameter },
    view: 'TopicPage',
  }),
  listTrendingTopics: topics('/v1/topics/trending', 'Topics by what was published in a window of days', {
    query: trendingParameters,
    view: 'TrendingTopics',
  }),
  getTopic: topic('/v1/topics/{id}', 'One topic, with the names that artifacts give it', { query: {}, view: 'TopicDetail' }),
  getTopicTimeline: topic('/v1/topics/{id}/timeline', 'Artifacts, discoveries and mean score of a topic by date of publication', {
    query: timelineParameters,
    view: 'TopicTimeline',
  }),
  getEntity: {
    ...topic('/v1/entities/{id}', 'A person, lab or organisation, with the names that artifacts give it', { query: {}, view: 'Entity' }),
    tag: 'entities',
    pathParameters: { id: entityIdParameter },
    problems: [...READ_PROBLEMS, 'refill-limit', 'id-invalid', 'entity-unknown'],
  },
  listIngestions: {
    method: 'GET',
    path: '/v1/ingestions',
    tag: 'ingestions',
    summary: 'Ingestions, the latest first',
    pathParameters: {},
    query: { limit: limitParameter, cursor: cursorParameter, ...freshnessParameters },
    requestHeaders: ['If-None-Match', 'X-Request-Id'],
    answers: { 200: { about: 'A page.', mediaType: JSON_TYPE, view: 'IngestionPage', headers: CACHED_HEADERS }, 304: NOT_MODIFIED },
    problems: PAGE_PROBLEMS,
  },
  getIngestion: {
    method: 'GET',
    path: '/v1/ingestions/{id}',
    tag: 'ingestions',
    summary: 'One ingestion: how far it is, and whether all of it is visible',
    pathParameters: { id: ingestionIdParameter },
    query: freshnessParameters,
    requestHeaders: ['If-None-Match', 'X-Request-Id'],
    answers: {
      200: { about: 'The ingestion.', mediaType: JSON_TYPE, view: 'IngestionDetail', headers: CACHED_HEADERS },
      304: NOT_MODIFIED,
    },
    problems: [...READ_PROBLEMS, 'id-invalid', 'ingestion-unknown'],
  },
  streamIngestion: {
    method: 'GET',
    path: '/v1/ingestions/{id}/stream',
    tag: 'ingestions',
    summary: 'The progress of an ingestion as server-sent events',
    description:
      'An `ingestion` event with the whole ingestion whenever it has changed, the newest only for a slow reader; a comment every 15 s; ' +
      'an `end` event and the end of the stream once it is decided. Reconnect with `Last-Event-ID` and what you know is not sent again.',
    pathParameters: { id: ingestionIdParameter },
    query: {},
    requestHeaders: ['Last-Event-ID', 'X-Request-Id'],
    answers: { 200: { about: 'Events.', mediaType: 'text/event-stream' } },
    problems: [
      'unknown-parameter',
      'id-invalid',
      'ingestion-unknown',
      'stream-limit',
      'pool-exhausted',
      'store-unreachable',
      'store-timeout',
    ],
  },
  publishEvents: {
    method: 'POST',
    path: '/v1/events',
    tag: 'events',
    summary: 'Append events to the log',
    description:
      'One CloudEvent, or a batch of at most 1,000 as a JSON array, at most 5,000,000 bytes. Each element is judged by itself, on its own bytes: ' +
      'appended, or refused with the rule it breaks; what is refused is not in the log. After a 503 some may be in the log: send the batch ' +
      'again, the same facts twice do no harm.',
    pathParameters: {},
    query: {},
    requestHeaders: ['X-Request-Id'],
    body: {
      about: 'CloudEvents 1.0 in JSON.',
      maxBytes: MAX_EVENTS_BYTES,
      mediaTypes: {
        'application/cloudevents-batch+json': 'CloudEventBatch',
        'application/cloudevents+json': 'CloudEvent',
        [JSON_TYPE]: 'CloudEventOrBatch',
      },
    },
    answers: {
      200: { about: 'All were appended.', mediaType: JSON_TYPE, view: 'EventsReceipt' },
      207: { about: 'Some or all were refused: see the verdicts.', mediaType: JSON_TYPE, view: 'EventsReceipt' },
    },
    problems: [...BODY_PROBLEMS, 'too-many-events', 'record-too-large', 'append-failed', 'log-unreachable', 'topic-missing'],
  },
  getStatus: {
    method: 'GET',
    path: '/v1/status',
    tag: 'service',
    summary: 'What is inside, and how far behind the log it stands',
    description: 'Made at most once a second for all readers together; sums of maintained rows, whatever the size.',
    pathParameters: {},
    query: freshnessParameters,
    requestHeaders: ['If-None-Match', 'X-Request-Id'],
    answers: { 200: { about: 'The status.', mediaType: JSON_TYPE, view: 'Status', headers: CACHED_HEADERS }, 304: NOT_MODIFIED },
    problems: [...READ_PROBLEMS, 'refill-limit'],
  },
  streamStatus: {
    method: 'GET',
    path: '/v1/status/stream',
    tag: 'service',
    summary: 'The status as server-sent events',
    description:
      'A `status` event with the whole of it at once, and then when it has changed, every 2 s at most; while nothing but `stalenessMs` and `at` ' +
      'moves, each 5 s of growing staleness is a change. A comment every 15 s. A reader that takes nothing for 60 s gets a `dropped` event ' +
      'with its `reason` and the end of the stream.',
    pathParameters: {},
    query: {},
    requestHeaders: ['Last-Event-ID', 'X-Request-Id'],
    answers: { 200: { about: 'Events.', mediaType: 'text/event-stream' } },
    problems: ['unknown-parameter', 'stream-limit', 'refill-limit', 'pool-exhausted', 'store-unreachable', 'store-timeout'],
  },
  getIndex: {
    ...service('/', 'Where to look', { mediaType: JSON_TYPE, view: 'Index' }),
    description: 'To browsers (`Accept: text/html`) a page that shows what is inside, live.',
  },
  getOpenApi: service('/openapi.json', 'This document', { mediaType: JSON_TYPE }),
  getHealth: health('/health', 'Everything this process knows of its own health'),
  getLiveness: health('/health/live', 'The process turns; depends on nothing else'),
  getReadiness: health('/health/ready', 'The process can answer'),
  getStartup: health('/health/startup', 'The process has finished starting'),
  getPerformance: health('/health/performance', 'How fast the cache and the database of this process answer', 'Performance'),
} as const satisfies Record<string, RouteSpec>;

export type OperationId = keyof typeof ROUTES;
export const OPERATION_IDS = Object.keys(ROUTES) as OperationId[];

interface TopicQuestion {
  readonly query: Readonly<Record<string, ParameterSpec>>;
  readonly view: string;
}

function topics(path: string, summary: string, { query, view }: TopicQuestion) {
  return {
    method: 'GET',
    path,
    tag: 'topics',
    summary,
    pathParameters: {},
    query: { ...query, ...freshnessParameters },
    requestHeaders: ['If-None-Match', 'X-Request-Id'],
    answers: { 200: { about: summary, mediaType: JSON_TYPE, view, headers: CACHED_HEADERS }, 304: NOT_MODIFIED },
    problems: PAGE_PROBLEMS,
  } as const satisfies RouteSpec;
}

function topic(path: string, summary: string, asked: TopicQuestion) {
  const problems = [...READ_PROBLEMS, 'refill-limit', 'id-invalid', 'topic-unknown'] as const;
  return { ...topics(path, summary, asked), pathParameters: { id: topicIdParameter }, problems } as const satisfies RouteSpec;
}

function service(path: string, summary: string, answer: { mediaType: string; view?: string }) {
  return {
    method: 'GET',
    path,
    tag: 'service',
    summary,
    pathParameters: {},
    query: {},
    answers: { 200: { about: summary, ...answer } },
    problems: ['unknown-parameter'],
  } as const satisfies RouteSpec;
}

function health(path: string, summary: string, view: 'Health' | 'Performance' = 'Health') {
  return {
    ...service(path, summary, { mediaType: JSON_TYPE, view }),
    answers: {
      200: { about: 'Yes.', mediaType: JSON_TYPE, view },
      503: { about: 'No.', mediaType: JSON_TYPE, view },
    },
    problems: [],
  } as const satisfies RouteSpec;
}

/** Problems that any operation may answer with. */
export const COMMON_PROBLEMS = [
  'url-invalid',
  'request-malformed',
  'internal',
  'deadline-exceeded',
  'shutting-down',
  'unavailable',
] as const;
