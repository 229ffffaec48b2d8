import { sleep, waitUntil } from '../wait-until';
import type { Fault, Scene } from './fault';

interface Backend {
  readonly pid: number;
}

const BACKENDS = `SELECT pid FROM pg_stat_activity WHERE application_name = 'harvest-projector' AND datname = current_database()`;

export const backendsKilled: Fault = async ({ house }) => {
  const { database } = house;
  const before = await database.rows<Backend>(BACKENDS);
  await database.rows(`SELECT pg_terminate_backend(pid) FROM (${BACKENDS}) AS backend`);
  await sleep(200);
  const left = new Set((await database.rows<Backend>(BACKENDS)).map(({ pid }) => pid));
  const gone = before.filter(({ pid }) => !left.has(pid)).length;
  return [{ kind: 'backends killed', effective: gone > 0, note: `${gone} of ${before.length} gone` }];
};

/** The postmaster dies as by a crash; its backends with it, and the next start replays the WAL. */
export const postgresRestarted: Fault = async ({ house, services, readers }) => {
  const startTime = () => house.database.one<{ at: string }>('SELECT pg_postmaster_start_time()::text AS at');
  const before = await startTime();
  await readers.whileDatabaseIsDown(async () => {
    await services.change('kill', 'postgres');
    await sleep(500);
    await services.change('start', 'postgres');
  });
  const after = await waitUntil({ what: 'Postgres answers again', timeoutMs: 60_000 }, startTime);
  return [{ kind: 'Postgres restarted', effective: after.at !== before.at }];
};

export const kafkaRestarted: Fault = async ({ house, services }) => {
  await services.change('kill', 'kafka');
  const answered = await house.log.ping().then(
    () => true,
    () => false,
  );
  await services.change('start', 'kafka');
  await waitUntil({ what: 'Kafka answers again', timeoutMs: 60_000 }, async () => (await house.log.ping(), true));
  return [{ kind: 'Kafka restarted', effective: !answered }];
};

/** The breaker opens, and readers go on: polls made meanwhile must all succeed, which the readers themselves judge. */
async function redisIsAway(scene: Scene, kind: string, verbs: readonly ['kill' | 'freeze', 'start' | 'thaw']) {
  const { services, readers, operatorsUrl } = scene;
  await services.change(verbs[0], 'redis');
  const breakerIs = (state: string) => async () => {
    const { breaker } = (await (await fetch(`${operatorsUrl}/cache/stats`)).json()) as { breaker: string };
    return breaker === state ? true : null;
  };
  const opened = await waitUntil({ what: 'the breaker opens', timeoutMs: 10_000 }, breakerIs('open')).catch(() => false);
  const polls = readers.polls;
  await waitUntil({ what: 'readers poll meanwhile', timeoutMs: 20_000 }, () => (readers.polls >= polls + 20 ? true : null));
  await services.change(verbs[1], 'redis');
  await waitUntil({ what: 'the breaker closes', timeoutMs: 20_000 }, breakerIs('closed'));
  return [{ kind, effective: opened }];
}

export const redisKilled: Fault = (scene) => redisIsAway(scene, 'Redis killed', ['kill', 'start']);
export const redisFrozen: Fault = (scene) => redisIsAway(scene, 'Redis frozen', ['freeze', 'thaw']);

export const redisFlushed: Fault = async ({ services }) => {
  const before = await waitUntil({ what: 'Redis holds answers', timeoutMs: 15_000 }, async () => {
    const keys = Number((await services.redis('DBSIZE')).slice(1));
    return keys > 0 ? keys : null;
  });
  const answer = await services.redis('FLUSHALL');
  return [{ kind: 'Redis flushed', effective: answer === '+OK', note: `${before} keys` }];
};
