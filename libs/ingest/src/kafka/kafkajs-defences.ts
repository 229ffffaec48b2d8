import fetchProtocol, { type FetchArguments, type FetchRequest } from 'kafkajs/src/protocol/requests/fetch';
import RequestQueue, { type RequestQueueState } from 'kafkajs/src/network/requestQueue';
import { decodeFetchResponse, DEFAULT_LIMITS, type FetchOffsetOf } from './fetch-response';

/** The only version that these replacements were read and tested against. */
export const DEFENDED_KAFKAJS_VERSION = '2.2.4';

const OLDEST_FETCH_VERSION = 4;
let installed = false;

/**
 * Replaces two pieces of kafkajs inside this process; idempotent.
 * 1. An idle connection re-arms a 1 ms timer for ever (5 % of a core each): nothing pending and not throttled, nothing to check.
 * 2. Its fetch decoder unpacks without a bound, spreads records over the stack (a RangeError past 120,000), crashes every
 *    partition for one bad batch, gets stuck behind compacted-away batches, hides the position after control records and retains whole responses.
 */
export function installKafkajsDefences(): void {
  if (installed) return;
  installed = true;
  stopIdleSpinning();
  replaceFetchDecoder();
}

function stopIdleSpinning(): void {
  const original = RequestQueue.prototype.scheduleCheckPendingRequests;
  RequestQueue.prototype.scheduleCheckPendingRequests = function (this: RequestQueueState) {
    if (this.pending.length === 0 && this.throttledUntil <= Date.now()) return;
    original.call(this);
  };
}

function replaceFetchDecoder(): void {
  const original = fetchProtocol.protocol;
  fetchProtocol.protocol = (selector) => {
    const create = original(selector);
    if (selector.version < OLDEST_FETCH_VERSION) return create;
    return (args) => withBoundedDecoder(create(args), selector.version, args);
  };
}

function withBoundedDecoder(request: FetchRequest, version: number, args: FetchArguments): FetchRequest {
  const fetchOffsetOf = fetchOffsets(args);
  return {
    ...request,
    response: {
      decode: (raw) => decodeFetchResponse(raw, version, { fetchOffsetOf, limits: DEFAULT_LIMITS }),
      parse: (data) => request.response.parse(data),
    },
  };
}

function fetchOffsets(args: FetchArguments): FetchOffsetOf {
  const offsets = new Map<string, bigint>();
  for (const { topic, partitions } of args.topics)
    for (const { partition, fetchOffset } of partitions) offsets.set(`${topic}\u0000${partition}`, BigInt(fetchOffset));
  return (topic, partition) => offsets.get(`${topic}\u0000${partition}`) ?? 0n;
}
