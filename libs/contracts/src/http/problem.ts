import { z } from 'zod';

/** Every code an answer may fail with, its status, and what it means. Codes are part of the public interface. */
export const PROBLEMS = {
  'unknown-parameter': { status: 400, title: 'The address has a parameter that this question does not take' },
  'repeated-parameter': { status: 400, title: 'A parameter was given more than once' },
  'invalid-parameter': { status: 400, title: 'A parameter breaks its rule' },
  'combination-not-served': { status: 400, title: 'This combination of filters and order is not served' },
  'total-not-kept': { status: 400, title: 'No total is kept for these filters' },
  'invalid-cursor': { status: 400, title: 'The cursor is not one of ours, or belongs to another question' },
  'invalid-position': { status: 400, title: 'The position is not one of ours' },
  'id-invalid': { status: 400, title: 'The id is empty, too long or not valid text' },
  'url-invalid': { status: 400, title: 'The address is not a valid URL' },
  'request-malformed': { status: 400, title: 'The request is not valid HTTP' },
  'json-invalid': { status: 400, title: 'The body is not valid JSON in UTF-8' },
  'body-invalid': { status: 400, title: 'The body breaks its rule' },
  'body-missing': { status: 400, title: 'A body is needed' },
  'route-unknown': { status: 404, title: 'There is nothing at this address' },
  'artifact-unknown': { status: 404, title: 'No such artifact has been observed' },
  'ingestion-unknown': { status: 404, title: 'No event of such an ingestion has been seen' },
  'topic-unknown': { status: 404, title: 'No observed artifact belongs to such a topic' },
  'entity-unknown': { status: 404, title: 'No observed artifact names such an entity' },
  'method-not-allowed': { status: 405, title: 'The address does not take this method' },
  'request-timeout': { status: 408, title: 'The request took too long to arrive' },
  'position-not-reached': { status: 412, title: 'The position asked for has not been reached' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'too-many-events': { status: 413, title: 'The batch has too many events' },
  'record-too-large': { status: 413, title: 'An event is larger than the event log takes' },
  'url-too-long': { status: 414, title: 'The address is too long' },
  'media-type-unsupported': { status: 415, title: 'The body is not in a media type that is taken here' },
  'encoding-unsupported': { status: 415, title: 'Bodies are taken without content encoding' },
  'headers-too-large': { status: 431, title: 'The headers are too large' },
  internal: { status: 500, title: 'The process failed to answer' },
  'too-stale': { status: 503, title: 'The answer would be older than allowed' },
  'refill-limit': { status: 503, title: 'Too many answers are being made at once' },
  'stream-limit': { status: 503, title: 'Too many streams are open' },
  'pool-exhausted': { status: 503, title: 'All connections to the database are in use' },
  'store-unreachable': { status: 503, title: 'The database does not answer' },
  'store-timeout': { status: 503, title: 'The database did not answer in time' },
  'log-unreachable': { status: 503, title: 'The event log does not answer' },
  'topic-missing': { status: 503, title: 'A topic of the event log does not exist' },
  'database-not-migrated': { status: 503, title: 'The database has not been prepared for this version' },
  'generation-missing': { status: 503, title: 'No generation of read models exists yet' },
  'store-full': { status: 503, title: 'The database is out of space' },
  'append-failed': { status: 503, title: 'The event log did not take the events' },
  'deadline-exceeded': { status: 503, title: 'The answer took too long' },
  'shutting-down': { status: 503, title: 'The process is leaving' },
  unavailable: { status: 503, title: 'The question cannot be answered now' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

export function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(PROBLEMS, code);
}

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

export const problemFieldSchema = z.object({
  field: z.string().describe('The parameter, or the path in the body: `ids[3]`.'),
  rule: z.string().describe('The rule that is broken.'),
  hint: z.string().optional().describe('What to do.'),
});
export type ProblemField = z.infer<typeof problemFieldSchema>;

/** RFC 9457. */
export const problemSchema = z.object({
  type: z.string().describe('A URI that identifies the code: `urn:harvest:problem:<code>`.'),
  title: z.string(),
  status: z.int().min(400).max(599),
  detail: z.string(),
  code: z.enum(Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]]),
  requestId: z.string().optional().describe('To be found in the log of the process.'),
  errors: z.array(problemFieldSchema).optional(),
});
export type Problem = z.infer<typeof problemSchema>;

export function problemType(code: ProblemCode): string {
  return `urn:harvest:problem:${code}`;
}
