import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { systemClock } from '@harvest/kernel';
import { silentLogger } from '@harvest/observability';
import { EmbeddedPostgres } from './embedded-postgres';
import { findPostgresBinaries } from './postgres-binaries';
import type { PostgresHome } from './postgres-home';
import { settlePostgresHome } from './postgres-home';
import { findServerAccount } from './server-account';
import { findServer, stopServer } from './server-process';

const asRoot = process.getuid?.() === 0;

async function ask(url: string, sql: string): Promise<readonly Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(sql)).rows as Record<string, unknown>[];
  } finally {
    await client.end();
  }
}

describe('the embedded Postgres', () => {
  let dataDir: string;
  let home: PostgresHome;
  const make = () => new EmbeddedPostgres(home, systemClock, silentLogger);

  beforeAll(() => {
    dataDir = mkdtempSync('/var/tmp/harvest-embedded-');
    chmodSync(dataDir, 0o755);
    home = settle('open');
  });
  afterAll(async () => {
    await stopServer(home.cluster, systemClock, 5000);
    rmSync(dataDir, { recursive: true, force: true });
  });

  function settle(name: string): PostgresHome {
    return settlePostgresHome(join(dataDir, name), findPostgresBinaries(), findServerAccount());
  }

  it('keeps its data below the data directory when the server can get there', () => {
    expect(home).toMatchObject({ folder: join(dataDir, 'open', 'postgres'), notice: null });
  });

  it('starts on an empty folder, an 18 with a UTF-8 database of its own', async () => {
    const url = await make().start();
    const [row] = await ask(
      url,
      `SELECT current_setting('server_version_num')::int AS version, pg_encoding_to_char(encoding) AS encoding
      FROM pg_database WHERE datname = current_database()`,
    );
    expect(row).toEqual({ version: expect.any(Number) as number, encoding: 'UTF8' });
    expect(row?.['version']).toBeGreaterThanOrEqual(180_000);
    await ask(url, 'CREATE TABLE kept (id int)');
  });

  it('adopts the server that a killed process left behind: the same process, at once', async () => {
    const orphan = findServer(home.cluster);
    const url = await make().start();
    expect(findServer(home.cluster)?.pid).toBe(orphan?.pid);
    await expect(ask(url, 'SELECT id FROM kept')).resolves.toEqual([]);
  });

  it('starts again when its server is killed under it, on the same port, with everything committed', async () => {
    const postgres = make();
    const url = await postgres.start();
    await ask(url, 'INSERT INTO kept VALUES (1)');
    const watching = new AbortController();
    const watch = postgres.keepRunning(watching.signal);
    const first = findServer(home.cluster);
    process.kill(first?.pid ?? 0, 'SIGKILL');
    await expect(eventually(() => ask(url, 'SELECT id FROM kept'))).resolves.toEqual([{ id: 1 }]);
    expect(findServer(home.cluster)?.pid).not.toBe(first?.pid);
    watching.abort();
    await watch;
    await postgres.stop(4000);
    expect(findServer(home.cluster)).toBeNull();
  });

  it('starts over what a process killed during the set-up left', async () => {
    rmSync(home.cluster, { recursive: true });
    mkdirSync(`${home.cluster}.partial/base`, { recursive: true });
    const postgres = make();
    await expect(ask(await postgres.start(), 'SELECT 1 AS one')).resolves.toEqual([{ one: 1 }]);
    await postgres.stop(4000);
  });

  it("is not kept from starting by a pid file whose pid is another process's by now", async () => {
    writeFileSync(join(home.cluster, 'postmaster.pid'), [process.pid, home.cluster, 0, 1, '', '127.0.0.1', '0 0', 'ready'].join('\n'));
    const postgres = make();
    await expect(ask(await postgres.start(), 'SELECT 1 AS one')).resolves.toEqual([{ one: 1 }]);
    await postgres.stop(4000);
  });

  it('below a folder that nobody else may enter, keeps its data where the server can get', async () => {
    mkdirSync(join(dataDir, 'closed'), { mode: 0o700 });
    const closed = settlePostgresHome(join(dataDir, 'closed', 'data'), findPostgresBinaries(), findServerAccount());
    try {
      expect(closed.notice ?? 'ours').toContain(asRoot ? 'HARVEST_DATA_DIR' : 'ours');
      const postgres = new EmbeddedPostgres(closed, systemClock, silentLogger);
      await expect(ask(await postgres.start(), 'SELECT 1 AS one')).resolves.toEqual([{ one: 1 }]);
      await postgres.stop(4000);
    } finally {
      rmSync(closed.folder, { recursive: true, force: true });
    }
  });
});

async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (tries === 100) throw error;
      await systemClock.sleep(100);
    }
  }
}
