import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { ROUTES } from '@harvest/contracts';
import type { CachedAnswer } from '@harvest/read-models';
import { writeAnswer } from '../answers/write-answer';
import type { Reporting } from './observe-requests';
import { requestIdOf } from './request-id';

export interface FirstTierOptions extends Reporting {
  /** What the first tier holds for a query string that was read and found good before; null sends the request the ordinary way. */
  peek(search: string): CachedAnswer | null;
  /** True: every request goes the ordinary way, where connections are told to close. */
  isDraining(): boolean;
}

const PATH = ROUTES.listDiscoveries.path;
const LABELS = { method: 'GET', route: PATH } as const;
const COUNTED = { 200: { ...LABELS, status: 200 }, 304: { ...LABELS, status: 304 } };

/**
 * Answers a list that the process holds ready before the framework looks at the request: routing and hooks cost a quarter of such
 * an answer (docs/performance.md). Everything else, and everything not known to be good, is the framework's.
 */
export function answerFromFirstTier(server: Server, options: FirstTierOptions): void {
  const frameworks = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    if (!options.isDraining() && tryAnswer(request, response, options)) return;
    for (const framework of frameworks) framework(request, response);
  });
}

function tryAnswer(request: IncomingMessage, response: ServerResponse, options: FirstTierOptions): boolean {
  const search = searchOfList(request);
  if (search === null) return false;
  const beganMs = performance.now();
  const answer = options.peek(search);
  if (answer === null) return false;
  const requestId = requestIdOf(request.headers['x-request-id']);
  const status = writeAnswer(response, request.headers, { answer, verdict: 'hit-l1', requestId, nowMs: Date.now(), isHead: false });
  options.metrics.httpRequestsTotal.inc(COUNTED[status]);
  options.metrics.httpRequestSeconds.observe(LABELS, (performance.now() - beganMs) / 1000);
  options.logger.debug({ requestId, ...LABELS, status }, 'answered');
  return true;
}

function searchOfList({ method, url = '' }: IncomingMessage): string | null {
  if (method !== 'GET' || !url.startsWith(PATH)) return null;
  if (url.length === PATH.length) return '';
  return url.charCodeAt(PATH.length) === 0x3f ? url.slice(PATH.length + 1) : null;
}
