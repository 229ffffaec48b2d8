import type { z } from 'zod';
import type { ProblemCode } from './problem';

/** A parameter in the address. The schema judges the value after `kind` has read the text. */
export interface ParameterSpec {
  readonly kind: 'string' | 'integer' | 'number' | 'boolean';
  readonly schema: z.ZodType;
  readonly about: string;
  readonly example?: string | number | boolean;
}

export interface AnswerSpec {
  readonly about: string;
  readonly mediaType?: string;
  /** A view, by its name in `VIEWS`; absent for text. */
  readonly view?: string;
  readonly headers?: readonly AnswerHeader[];
}

export interface BodySpec {
  readonly about: string;
  readonly maxBytes: number;
  /** Media type → view. */
  readonly mediaTypes: Readonly<Record<string, string>>;
}

/** One operation of the API: what the server binds, what OpenAPI says. */
export interface RouteSpec {
  readonly method: 'GET' | 'POST';
  /** OpenAPI's form: `/v1/artifacts/{id}`. */
  readonly path: string;
  readonly tag: 'discoveries' | 'artifacts' | 'topics' | 'entities' | 'ingestions' | 'events' | 'service';
  readonly summary: string;
  readonly description?: string;
  readonly pathParameters: Readonly<Record<string, ParameterSpec>>;
  readonly query: Readonly<Record<string, ParameterSpec>>;
  readonly requestHeaders?: readonly RequestHeader[];
  readonly body?: BodySpec;
  readonly answers: Readonly<Record<number, AnswerSpec>>;
  readonly problems: readonly ProblemCode[];
}

export const REQUEST_HEADERS = {
  'If-None-Match': 'The ETag of the answer you hold: 304 when it is still the same.',
  'Last-Event-ID': 'The id of the last event you have seen: what you know already is not sent again.',
  'X-Request-Id': '1–100 letters, digits and `._:-`: appears in the answer and in the log.',
} as const;
export type RequestHeader = keyof typeof REQUEST_HEADERS;

export const ANSWER_HEADERS = {
  ETag: 'Strong; changes with the bytes of the answer.',
  'Cache-Control': 'Answers may be kept but are to be revalidated.',
  'X-Cache': '`hit-l1`, `hit-l2`, `stale`, `miss` or `bypass`.',
  'X-Position': 'The positions in the log that the answer stands for: give it as `minPosition` to read nothing older.',
  'X-Staleness-Ms': 'How far behind the log the answer may be, in ms; left out while that has never been measured.',
  'X-Request-Id': 'Names this request in the log of the process.',
  'Retry-After': 'Seconds.',
} as const;
export type AnswerHeader = keyof typeof ANSWER_HEADERS;
