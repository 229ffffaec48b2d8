// Asks in a process of its own: in the benchmark's, with all artifacts in its heap, a collection of garbage looks like a slow server.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { withDeadline } from '@harvest/kernel';
import { LeanClient } from './lean-client';
import { runOpenLoop } from './open-loop';

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

/** The asking process's own first steps: it opens connections, and its code is compiled. Asked at the same rate, and not counted. */
const WARM_UP_S = 0.5;

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
  const client = new LeanClient(base);
  const send = async (index: number) => {
    const { status, verdict } = await client.get(paths[index] as string);
    if (status !== 200) throw new Error(`answered ${status}`);
    if (verdict !== 'miss') throw new Error(`not asked of Postgres: ${verdict}`);
  };
  const warmUp = Math.round(ratePerSecond * WARM_UP_S);
  const { firstFailure, ...counted } = await runOpenLoop({ ratePerSecond, count: paths.length, warmUp, send });
  client.close();
  return { ...counted, firstFailure: firstFailure?.message ?? null };
}

if (require.main === module)
  process.once('message', (questioning: Questioning) => void ask(questioning).then((answered) => process.send?.(answered)));
