import { Agent, request } from 'node:http';

export interface OpenLoopOptions {
  readonly ratePerSecond: number;
  readonly count: number;
  /** So many at the beginning are asked, and not counted: the asker's own first steps. */
  readonly warmUp?: number;
  /** Resolves when the answer is complete. Rejections are counted, not thrown; those of the warm-up are not even counted. */
  readonly send: (index: number) => Promise<void>;
}

export interface OpenLoopResult {
  /** From the moment a request was *due*, whether or not the client got round to it then: waiting behind a stall counts. */
  readonly latenciesMs: readonly number[];
  readonly failures: number;
  readonly firstFailure: Error | null;
}

/**
 * Requests at an even rate, each when it is due, whatever became of those before: a slow answer delays nobody else's question
 * (a closed loop would ask less while the server is slow, and so not see it: coordinated omission).
 */
export async function runOpenLoop({ ratePerSecond, count, warmUp = 0, send }: OpenLoopOptions): Promise<OpenLoopResult> {
  const latenciesMs: number[] = [];
  const running: Promise<void>[] = [];
  let firstFailure: Error | null = null;
  let failures = 0;
  const beganMs = performance.now() + 1;
  const dueMs = (index: number) => beganMs + (index * 1000) / ratePerSecond;
  const fire = async (index: number) => {
    try {
      await send(index);
      if (index >= warmUp) latenciesMs.push(performance.now() - dueMs(index));
    } catch (error) {
      if (index < warmUp) return;
      failures += 1;
      firstFailure ??= error as Error;
    }
  };
  for (let index = 0; index < count; index += 1) {
    const waitMs = dueMs(index) - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    running.push(fire(index));
  }
  await Promise.all(running);
  return { latenciesMs, failures, firstFailure };
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: Buffer;
}

/** Questions over kept connections, as many as are open at once. */
export class HttpClient {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 512, scheduling: 'lifo' });

  constructor(readonly base: string) {}

  get(path: string): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const asked = request(`${this.base}${path}`, { agent: this.agent }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.once('error', reject);
        answer.once('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) }));
      });
      asked.once('error', reject);
      asked.setTimeout(30_000, () => asked.destroy(new Error('no answer within 30 s')));
      asked.end();
    });
  }

  close(): void {
    this.agent.destroy();
  }
}
