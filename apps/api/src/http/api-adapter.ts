import type { TrustProxy } from '@harvest/config';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { answerClientError, answerFrameworkError } from './error-answers';
import { requestIdOf } from './request-id';

/** Longest path parameter as it comes: 512 bytes, each percent-encoded, and room to say what is wrong with a longer one. */
const MAX_PARAMETER_LENGTH = 8192;
const MAX_HEADER_BYTES = 32 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_TIMEOUT_MS = 72_000;
const NO_QUERY: Readonly<Record<string, never>> = Object.freeze({});

/**
 * Nest's Fastify adapter with one way of answering errors and unknown addresses: ours, set on the instance itself. What Nest
 * would set is left aside.
 */
export class ApiAdapter extends FastifyAdapter {
  constructor(trustProxy: TrustProxy) {
    super({
      trustProxy: toFastifyTrust(trustProxy),
      logger: false,
      genReqId: (request: { headers: Readonly<Record<string, string | string[] | undefined>> }) =>
        requestIdOf(request.headers['x-request-id']),
      routerOptions: {
        maxParamLength: MAX_PARAMETER_LENGTH,
        // The query is read strictly, and only where a question takes parameters.
        querystringParser: () => NO_QUERY,
      },
      // A request on a kept connection is still answered while the process drains.
      return503OnClosing: false,
      forceCloseConnections: 'idle',
      exposeHeadRoutes: false,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
      http: { maxHeaderSize: MAX_HEADER_BYTES },
      frameworkErrors: answerFrameworkError,
      clientErrorHandler: answerClientError,
      skipMiddie: true,
    });
  }

  override setErrorHandler(): FastifyInstance {
    return this.getInstance<FastifyInstance>();
  }

  override setNotFoundHandler(): FastifyInstance {
    return this.getInstance<FastifyInstance>();
  }
}

/** Fastify takes a hop count and then, silently, trusts nobody: a function says what is meant. */
function toFastifyTrust(trustProxy: TrustProxy): false | string[] | ((address: string, hop: number) => boolean) {
  if (trustProxy === false) return false;
  return typeof trustProxy === 'number' ? (_address, hop) => hop < trustProxy : [...trustProxy];
}
