// Asks in a process of its own: in the benchmark's, with all artifacts in its heap, a collection of garbage looks like a slow server.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { withDeadline } from '@harvest/kernel';
import { HttpClient, runOpenLoop } from './open-loop';

/** Beyond the time that the questions take at their rate. */
const GRACE_MS = 60_000;

export interface Questioning {
  readonly base: string;
  readonly paths: readonly string[];
  readonly ratePerSecond: number;
}

export interface Answered {
  readonly latenciesMs: readonly number[];
  readonly failures: number;
  readonly firstFailure: string | null;
}

/** Each path once, at an even rate; only answers 200 that were not kept count as good. */
export async function askEvenly(questioning: Questioning): Promise<Answered> {
  const { paths, ratePerSecond } = questioning;
  const child = fork(__filename, { execArgv: [] });
  try {
    child.send(questioning);
    const took = (paths.length / ratePerSecond) * 1000;
    const ended = once(child, 'exit').then(() => Promise.reject(new Error('the asking process ended without an answer')));
    const answer = once(child, 'message') as Promise<[Answered]>;
    return (await withDeadline(Promise.race([answer, ended]), took + GRACE_MS, 'asking at an even rate'))[0];
  } finally {
    child.kill();
  }
}

async function ask({ base, paths, ratePerSecond }: Questioning): Promise<Answered> {
  const client = new HttpClient(base);
  const send = async (index: number) => {
    const { status, headers, body } = await client.get(paths[index] as string);
    if (status !== 200) throw new Error(`answered ${status}: ${body.toString()}`);
    if (headers['x-cache'] !== 'miss') throw new Error(`not asked of Postgres: ${String(headers['x-cache'])}`);
  };
  const { firstFailure, ...counted } = await runOpenLoop({ ratePerSecond, count: paths.length, send });
  client.close();
  return { ...counted, firstFailure: firstFailure?.message ?? null };
}

if (require.main === module)
  process.once('message', (questioning: Questioning) => void ask(questioning).then((answered) => process.send?.(answered)));
