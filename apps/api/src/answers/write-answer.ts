import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { CachedAnswer, CacheVerdict } from '@harvest/read-models';

export interface AnswerToWrite {
  readonly answer: CachedAnswer;
  readonly verdict: CacheVerdict;
  readonly requestId: string;
  /** Of this process. */
  readonly nowMs: number;
  /** The answer to HEAD has the headers alone. */
  readonly isHead: boolean;
}

/** May be kept, and is asked for again each time: the ETag makes that cheap. */
const CACHE_CONTROL = 'no-cache';
const JSON_TYPE = 'application/json; charset=utf-8';

/** The status is 304 when the caller holds these very bytes. Writes the ready bytes as they are. Returns the status. */
export function writeAnswer(response: ServerResponse, ifNoneMatch: string | undefined, written: AnswerToWrite): 200 | 304 {
  const { answer } = written;
  if (ifNoneMatch !== undefined && matches(ifNoneMatch, answer.etag)) {
    response.writeHead(304, answerHeaders(written));
    response.end();
    return 304;
  }
  const all = answerHeaders(written);
  all['content-type'] = JSON_TYPE;
  all['content-length'] = answer.body.length;
  response.writeHead(200, all);
  if (written.isHead) response.end();
  else response.end(answer.body);
  return 200;
}

function answerHeaders({ answer, verdict, requestId, nowMs }: AnswerToWrite): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {
    etag: answer.etag,
    'cache-control': CACHE_CONTROL,
    'x-cache': verdict,
    'x-position': answer.position,
    'x-request-id': requestId,
  };
  const stalenessMs = answer.stalenessMs + Math.max(0, nowMs - answer.storedMs);
  if (Number.isFinite(stalenessMs)) headers['x-staleness-ms'] = Math.round(stalenessMs);
  return headers;
}

/** RFC 9110: a list, compared weakly; `*` is any. */
function matches(ifNoneMatch: string, etag: string): boolean {
  if (ifNoneMatch === etag) return true;
  return ifNoneMatch.split(',').some((candidate) => {
    const one = candidate.trim();
    return one === '*' || one === etag || one === `W/${etag}`;
  });
}
