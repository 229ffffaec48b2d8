import scalar from '@scalar/fastify-api-reference';
import type { FastifyInstance, FastifyReply } from 'fastify';

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

/** The rendered OpenAPI document at /docs, from the bundle that the package brings. */
export async function registerDocumentation(instance: FastifyInstance): Promise<void> {
  await instance.register(scalar, {
    routePrefix: '/docs',
    configuration: { url: '/openapi.json', pageTitle: 'Signal Harvester API', withDefaultFonts: false, telemetry: false },
    hooks: {
      onRequest: (_request, reply: FastifyReply, done) => {
        void reply.header('content-security-policy', CONTENT_SECURITY_POLICY);
        done();
      },
    },
  });
}
