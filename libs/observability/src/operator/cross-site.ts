import { ForbiddenException } from '@nestjs/common';

interface IncomingRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/**
 * A page in the operator's browser may post to loopback without asking; browsers say so by `Origin` and `Sec-Fetch-Site`.
 * Tools send neither.
 */
export function refuseOtherSites(request: IncomingRequest, _reply: unknown, done: (error?: Error) => void): void {
  const { origin, host } = request.headers;
  const site = request.headers['sec-fetch-site'];
  const fromElsewhere = (origin !== undefined && origin !== `http://${String(host)}`) || site === 'cross-site' || site === 'same-site';
  done(fromElsewhere ? new ForbiddenException('pages of other sites may not call the operators’ listener') : undefined);
}
