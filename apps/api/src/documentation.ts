import { FastifyAdapter } from '@nestjs/platform-fastify';
import { ProblemError } from './http/problem-error';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Nothing on the page may come from elsewhere: it works without the internet, and says nothing to anybody. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "script-src 'self' 'unsafe-inline'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "frame-ancestors 'none'",
].join('; ');

const PATH = '/docs';
const CONFIGURATION = { url: '/openapi.json', pageTitle: 'Signal Harvester API', withDefaultFonts: false, telemetry: false };

/**
 * The rendered OpenAPI document at /docs, from the bundle that the package brings. The bundle costs 25 MB and a tenth of a second,
 * so it is loaded when somebody first looks, by an instance of its own.
 */
export function registerDocumentation(instance: FastifyInstance): void {
  let page: Promise<FastifyInstance> | null = null;
  const answer = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    page ??= loadPage();
    const { statusCode, headers, rawPayload } = await (await page).inject({ method: 'GET', url: request.url });
    if (statusCode === 404) throw new ProblemError('route-unknown', 'the documentation is at /docs');
    await reply.code(statusCode).headers(headers).header('content-security-policy', CONTENT_SECURITY_POLICY).send(rawPayload);
  };
  instance.get(PATH, answer);
  instance.get(`${PATH}/*`, answer);
}

async function loadPage(): Promise<FastifyInstance> {
  const { default: scalar } = await import('@scalar/fastify-api-reference');
  const page = new FastifyAdapter({ skipMiddie: true }).getInstance();
  await page.register(scalar, { routePrefix: PATH, configuration: CONFIGURATION });
  await page.ready();
  return page;
}
