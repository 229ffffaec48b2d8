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
type Counted = Readonly<Record<200 | 304, { inc(): void }>>;

/**
 * Answers a list that the process holds ready before the framework looks at the request: routing and hooks cost a quarter of such
 * an answer (docs/performance.md). Everything else, and everything not known to be good, is the framework's.
 */
export function answerFromFirstTier(server: Server, options: FirstTierOptions): void {
  const frameworks = server.listeners('request') as RequestListener[];
  const { tallies, httpRequestsTotal } = options.metrics;
  const counter = (status: 200 | 304) => tallies.of(httpRequestsTotal.labels({ ...LABELS, status }));
  const desk = { ...options, counted: { 200: counter(200), 304: counter(304) } };
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    if (!options.isDraining() && tryAnswer(request, response, desk)) return;
    for (const framework of frameworks) framework(request, response);
  });
}

function tryAnswer(request: IncomingMessage, response: ServerResponse, desk: FirstTierOptions & { readonly counted: Counted }): boolean {
  const search = searchOfList(request);
  if (search === null) return false;
  const beganMs = performance.now();
  const answer = desk.peek(search);
  if (answer === null) return false;
  const { rawHeaders } = request;
  const requestId = requestIdOf(headerIn(rawHeaders, 'x-request-id'));
  const ifNoneMatch = headerIn(rawHeaders, 'if-none-match');
  const status = writeAnswer(response, ifNoneMatch, { answer, verdict: 'hit-l1', requestId, nowMs: Date.now(), isHead: false });
  desk.counted[status].inc();
  desk.metrics.httpRequestSeconds.observe(LABELS, (performance.now() - beganMs) / 1000);
  desk.logger.debug({ requestId, method: 'GET', route: PATH, status }, 'answered');
  return true;
}

function searchOfList({ method, url = '' }: IncomingMessage): string | null {
  if (method !== 'GET' || !url.startsWith(PATH)) return null;
  if (url.length === PATH.length) return '';
  return url.charCodeAt(PATH.length) === 0x3f ? url.slice(PATH.length + 1) : null;
}

/** As Node's own `headers` have it; those are only made when asked for, of all headers. @param name in lower case */
function headerIn(rawHeaders: readonly string[], name: string): string | undefined {
  let found: string | undefined;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const given = rawHeaders[at] as string;
    if (given.length !== name.length || given.toLowerCase() !== name) continue;
    const value = rawHeaders[at + 1] as string;
    found = found === undefined ? value : `${found}, ${value}`;
  }
  return found;
}
