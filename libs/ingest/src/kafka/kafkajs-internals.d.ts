/** The parts of kafkajs 2.2.4 that it does not export and that we replace or use; see kafkajs-defences.ts. */
declare module 'kafkajs/src/network/requestQueue' {
  export interface RequestQueueState {
    readonly pending: readonly unknown[];
    readonly throttledUntil: number;
  }
  const RequestQueue: {
    prototype: RequestQueueState & { scheduleCheckPendingRequests: (this: RequestQueueState) => void };
  };
  export default RequestQueue;
}

declare module 'kafkajs/src/protocol/requests/fetch' {
  export interface FetchArguments {
    readonly topics: readonly { topic: string; partitions: readonly { partition: number; fetchOffset: string | bigint }[] }[];
  }
  export interface FetchRequest {
    readonly request: unknown;
    readonly response: { decode(raw: Buffer): Promise<unknown>; parse(data: unknown): Promise<unknown> };
    readonly requestTimeout: number;
  }
  const fetch: { protocol: (this: void, selector: { version: number }) => (args: FetchArguments) => FetchRequest };
  export default fetch;
}
