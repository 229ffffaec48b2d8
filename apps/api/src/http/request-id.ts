import { randomBytes } from 'node:crypto';

const SANE = /^[\w.:-]{1,100}$/;
const processName = randomBytes(6).toString('base64url');
let requests = 0;

/** The caller's, when it is harmless in logs and headers; else one of ours, unique across processes. */
export function requestIdOf(given: string | string[] | undefined): string {
  if (typeof given === 'string' && SANE.test(given)) return given;
  requests += 1;
  return `${processName}-${requests.toString(36)}`;
}
