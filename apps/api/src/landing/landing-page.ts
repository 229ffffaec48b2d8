import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyReply, FastifyRequest } from 'fastify';

export interface LandingPage {
  readonly html: string;
  readonly contentSecurityPolicy: string;
}

/** One document of the three files beside this one: nothing on it comes from elsewhere, and only its own script and style run. */
export function loadLandingPage(): LandingPage {
  const read = (kind: 'html' | 'css' | 'js') => readFileSync(join(__dirname, `page.${kind}`), 'utf8');
  const style = read('css');
  const script = read('js');
  // As functions: a `$` in what is put in means itself.
  const html = read('html')
    .replace('<style></style>', () => `<style>${style}</style>`)
    .replace('<script></script>', () => `<script>${script}</script>`);
  return { html, contentSecurityPolicy: policyOf(style, script) };
}

function policyOf(style: string, script: string): string {
  const digest = (text: string) => `'sha256-${hash('sha256', text, 'base64')}'`;
  return [
    "default-src 'none'",
    `script-src ${digest(script)}`,
    `style-src ${digest(style)}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** Only who names HTML: programs that take anything get JSON. */
export function wantsPage(request: Pick<FastifyRequest, 'headers'>): boolean {
  return (request.headers.accept ?? '')
    .split(',')
    .some((range) => /^\s*text\/html\s*(;|$)/i.test(range) && !/;\s*q=0(\.0*)?\s*$/.test(range));
}

export function sendLandingPage(reply: FastifyReply, { html, contentSecurityPolicy }: LandingPage): void {
  void reply
    .headers({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'content-security-policy': contentSecurityPolicy,
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    })
    .send(html);
}
