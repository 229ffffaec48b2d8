import { z } from 'zod';
import { PROBLEM_MEDIA_TYPE, PROBLEMS, problemSchema } from './problem';
import type { ProblemCode } from './problem';
import { ANSWER_HEADERS, REQUEST_HEADERS } from './route';
import type { AnswerSpec, BodySpec, ParameterSpec, RouteSpec } from './route';
import { COMMON_PROBLEMS, MAX_EVENTS, ROUTES } from './route-table';
import * as topicViews from './topic-views';
import * as views from './views';

/** The views that answers and bodies name. */
export const VIEWS = {
  DiscoveryPage: views.discoveryPageSchema,
  Discovery: views.discoverySchema,
  Artifact: views.artifactSchema,
  ArtifactLookupRequest: views.artifactLookupRequestSchema,
  ArtifactLookup: views.artifactLookupSchema,
  Ingestion: views.ingestionSchema,
  IngestionDetail: views.ingestionDetailSchema,
  IngestionPage: views.ingestionPageSchema,
  Status: views.statusSchema,
  Entity: topicViews.entitySchema,
  Topic: topicViews.topicSchema,
  TopicDetail: topicViews.topicDetailSchema,
  TopicPage: topicViews.topicPageSchema,
  TopicTimeline: topicViews.topicTimelineSchema,
  TrendingTopics: topicViews.trendingTopicsSchema,
  CloudEvent: views.cloudEventSchema,
  CloudEventBatch: z.array(views.cloudEventSchema).min(1).max(MAX_EVENTS),
  CloudEventOrBatch: z.union([views.cloudEventSchema, z.array(views.cloudEventSchema).min(1).max(MAX_EVENTS)]),
  EventsReceipt: views.eventsReceiptSchema,
  Index: views.indexSchema,
  Health: views.healthSchema,
  Performance: views.performanceSchema,
  Problem: problemSchema,
} as const satisfies Record<string, z.ZodType>;

type JsonObject = Readonly<Record<string, unknown>>;

const TAGS = [
  { name: 'discoveries', description: 'Artifacts that have been observed and scored.' },
  { name: 'artifacts', description: 'Single artifacts; always read afresh.' },
  { name: 'topics', description: 'What artifacts are about, by the names that they and their classification give.' },
  { name: 'entities', description: 'People, labs and organisations that artifacts name.' },
  { name: 'ingestions', description: 'Runs of ingesters and when all of a run is visible.' },
  { name: 'events', description: 'Facts in.' },
  { name: 'service', description: 'About this process.' },
];

/** The OpenAPI 3.1 document of the public API, made of the same schemas and table that the server runs on. */
export function createOpenApiDocument(): JsonObject {
  return {
    openapi: '3.1.1',
    info: {
      title: 'Signal Harvester',
      version: '1.0.0',
      summary: 'Exact and fresh answers from a stream of signals.',
      description:
        'Errors are `application/problem+json` (RFC 9457) with a stable `code`. Unknown and repeated query parameters are refused. ' +
        'A member of an answer whose value is not known is left out.',
      license: { name: 'Proprietary', identifier: 'LicenseRef-proprietary' },
    },
    servers: [{ url: '/' }],
    security: [],
    tags: TAGS,
    paths: createPaths(),
    components: { schemas: createSchemas(), headers: createHeaders() },
  };
}

function createSchemas(): JsonObject {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(VIEWS)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, { uri: (id) => `#/components/schemas/${id}`, io: 'input', unrepresentable: 'any' });
  return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, withoutMeta(schema as JsonObject)]));
}

function withoutMeta(schema: JsonObject): JsonObject {
  const { $schema: _dialect, $id: _id, id: _name, ...rest } = schema;
  return rest;
}

function createHeaders(): JsonObject {
  const entries = Object.entries(ANSWER_HEADERS);
  return Object.fromEntries(entries.map(([name, description]) => [name, { description, schema: { type: 'string' } }]));
}

function createPaths(): JsonObject {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [operationId, route] of Object.entries(ROUTES)) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: createOperation(operationId, route) };
  }
  return paths;
}

function createOperation(operationId: string, route: RouteSpec): JsonObject {
  const parameters = createParameters(route);
  return {
    operationId,
    tags: [route.tag],
    summary: route.summary,
    ...(route.description === undefined ? {} : { description: route.description }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(route.body === undefined ? {} : { requestBody: createBody(route.body) }),
    responses: { ...createAnswers(route), ...createProblems([...route.problems, ...COMMON_PROBLEMS], route) },
  };
}

function createParameters(route: RouteSpec): readonly JsonObject[] {
  const headers = (route.requestHeaders ?? []).map((name) => ({
    name,
    in: 'header',
    required: false,
    description: REQUEST_HEADERS[name],
    schema: { type: 'string' },
  }));
  return [
    ...Object.entries(route.pathParameters).map(([name, spec]) => createParameter(name, 'path', spec)),
    ...Object.entries(route.query).map(([name, spec]) => createParameter(name, 'query', spec)),
    ...headers,
  ];
}

function createParameter(name: string, place: 'path' | 'query', spec: ParameterSpec): JsonObject {
  return {
    name,
    in: place,
    required: place === 'path',
    description: spec.about,
    schema: withoutMeta(z.toJSONSchema(spec.schema, { io: 'input' })),
    ...(spec.example === undefined ? {} : { example: spec.example }),
  };
}

function createBody(body: BodySpec): JsonObject {
  const content = Object.entries(body.mediaTypes).map(([mediaType, view]) => [mediaType, { schema: reference(view) }]);
  return { required: true, description: `${body.about} At most ${body.maxBytes} bytes.`, content: Object.fromEntries(content) };
}

function createAnswers(route: RouteSpec): JsonObject {
  return Object.fromEntries(Object.entries(route.answers).map(([status, answer]) => [status, createAnswer(answer)]));
}

function createAnswer(answer: AnswerSpec): JsonObject {
  const headers = ['X-Request-Id' as const, ...(answer.headers ?? [])];
  const schema =
    answer.view === undefined ? { type: answer.mediaType === 'application/json' ? 'object' : 'string' } : reference(answer.view);
  return {
    description: answer.about,
    headers: Object.fromEntries(headers.map((name) => [name, { $ref: `#/components/headers/${name}` }])),
    ...(answer.mediaType === undefined ? {} : { content: { [answer.mediaType]: { schema } } }),
  };
}

/** One entry for each status that is not an ordinary answer too, naming the codes. */
function createProblems(codes: readonly ProblemCode[], route: RouteSpec): JsonObject {
  const byStatus = Map.groupBy(new Set(codes), (code) => PROBLEMS[code].status);
  const entries = [...byStatus].filter(([status]) => !Object.hasOwn(route.answers, status)).toSorted(([left], [right]) => left - right);
  return Object.fromEntries(entries.map(([status, group]) => [String(status), createProblem(status, group)]));
}

function createProblem(status: number, codes: readonly ProblemCode[]): JsonObject {
  const retryAfter = status === 503 ? { 'Retry-After': { $ref: '#/components/headers/Retry-After' } } : {};
  return {
    description: codes.map((code) => `\`${code}\`: ${PROBLEMS[code].title}.`).join(' '),
    headers: { 'X-Request-Id': { $ref: '#/components/headers/X-Request-Id' }, ...retryAfter },
    content: { [PROBLEM_MEDIA_TYPE]: { schema: reference('Problem') } },
  };
}

function reference(view: string): JsonObject {
  return { $ref: `#/components/schemas/${view}` };
}
