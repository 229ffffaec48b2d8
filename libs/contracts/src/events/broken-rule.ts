import type { RejectionCode } from '../decode/rejection-codes';

/** What a schema's own check says when it fails: the words, and the rejection's code when it is not `payload-invalid`. */
export function brokenRule(rejection: RejectionCode, message: string): { message: string; params: { rejection: RejectionCode } } {
  return { message, params: { rejection } };
}
