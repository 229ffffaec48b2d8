import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { problemSchema, statusSchema } from '@harvest/contracts';
import type { StatusView } from '@harvest/contracts';
import { silentLogger } from '@harvest/observability';
import { toCachedAnswer } from '@harvest/queries';
import { aScoreComputed, anArtifactObserved, anIngestionStarted, createTestHouse } from '@harvest/testing';
import type { TestHouse } from '@harvest/testing';
import { Client } from 'pg';
import { startApi } from './api.module';
import type { RunningApi } from './api.module';
import { receiptPosition } from './api.ports';
import { EventStream } from './streams/event-stream';
import { StatusStreams } from './streams/status-streams';

let house: TestHouse;
let api: RunningApi;

beforeAll(async () => {
  house = await createTestHouse();
  api = await startApi({ host: '127.0.0.1', port: 0, trustProxy: false, ports: house });
});
afterAll(async () => {
  await api.close();
  await house.close();
});

const around = () => ({ topicPrefix: house.topicPrefix });

async function publish(source: string, ids: readonly string[], scored: number): Promise<string> {
  const observed = ids.map((artifactId) => anArtifactObserved({ artifactId, source, artifactType: 'paper' }, around()));
  const scores = ids.slice(0, scored).map((artifactId) => aScoreComputed({ artifactId, discoveryScore: 50 }, around()));
  return receiptPosition(await house.append(...observed, ...scores)) ?? '';
}

async function countRows(): Promise<{ artifacts: number; discoveries: number }> {
  const client = new Client({ connectionString: house.database.url });
  await client.connect();
  try {
    const { rows } = await client.query<{ artifacts: number; discoveries: number }>(`SELECT
      (SELECT count(*)::int4 FROM read_1.artifact_card) AS artifacts,
      (SELECT count(*)::int4 FROM read_1.discovery AS d WHERE d.visible) AS discoveries`);
    return rows[0]!;
  } finally {
    await client.end();
  }
}

async function ask(search = '') {
  const response = await fetch(`${api.url}/v1/status${search}`);
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** Yields the stream's statuses, in order. */
async function* follow(url: string): AsyncGenerator<StatusView> {
  const response = await fetch(`${url}/v1/status/stream`);
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
  let text = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const found = /^event: status\nid: [\w-]+\ndata: (.*)$/.exec(text.slice(0, end));
      text = text.slice(end + 2);
      if (found) yield statusSchema.strict().parse(JSON.parse(found[1] ?? ''));
    }
  }
}

describe('GET /v1/status', () => {
  it('counts what the rows hold, per source and type, and says where they stand', async () => {
    await publish('arxiv', ['a1', 'a2', 'a3', 'a4', 'a5'], 3);
    const position = await publish('github', ['g1', 'g2'], 1);
    const { status, headers, body } = await ask(`?minPosition=${position}&waitMs=20000`);
    expect(status).toBe(200);
    const view = statusSchema.strict().parse(body);
    expect({ artifacts: view.artifacts, discoveries: view.discoveries }).toEqual(await countRows());
    expect(view).toMatchObject({
      kinds: [
        { source: 'arxiv', artifactType: 'paper', artifacts: 5, discoveries: 3 },
        { source: 'github', artifactType: 'paper', artifacts: 2, discoveries: 1 },
      ],
      position: headers.get('x-position'),
    });
  });

  it('is read once for many readers, and is never older than a second and a moment', async () => {
    const verdicts: (string | null)[] = [];
    for (let round = 0; round < 60; round += 1) {
      const { headers, body } = await ask();
      verdicts.push(headers.get('x-cache'));
      expect(Date.now() - Date.parse((body as StatusView).at)).toBeLessThan(2500);
    }
    expect(verdicts.filter((verdict) => verdict?.startsWith('hit')).length).toBeGreaterThan(30);
  });

  it('refuses what it does not take', async () => {
    const { status, body } = await ask('?limit=1');
    expect([status, problemSchema.parse(body).code]).toEqual([400, 'unknown-parameter']);
  });
});

describe('GET /v1/status/stream', () => {
  it('tells the status at once, and again after a new ingestion and after new artifacts', async () => {
    const stream = follow(api.url);
    const next = async () => (await stream.next()).value as StatusView;
    const first = await next();
    await house.append(anIngestionStarted({ ingestionId: 'run-1', source: 'arxiv' }, around()));
    let told = await next();
    while (told.ingestions.running === first.ingestions.running) told = await next();
    expect(told).toMatchObject({ ingestions: { running: first.ingestions.running + 1 }, artifacts: first.artifacts });
    await publish('arxiv', ['later'], 1);
    while (told.artifacts === first.artifacts || told.discoveries === first.discoveries) told = await next();
    expect({ artifacts: told.artifacts, discoveries: told.discoveries }).toEqual(await countRows());
    await stream.return(undefined);
  });

  it('says nothing while nothing changes', async () => {
    const stream = follow(api.url);
    await stream.next();
    const quiet = new Promise((resolve) => setTimeout(() => resolve('quiet'), 4500));
    expect(await Promise.race([stream.next(), quiet])).toBe('quiet');
  });

  it('lets no more readers in than it has room for, and has room again when one leaves', async () => {
    const readStatus = async () => toCachedAnswer(await house.queries.getStatus(), Date.now());
    const streams = new StatusStreams({ readStatus, logger: silentLogger, maxStreams: 1 });
    const served = await serve(async (response) => {
      const open = await streams.prepare();
      open({ response, requestId: 'r', lastEventId: null });
    });
    const leaving = new AbortController();
    const stays = await fetch(served.url, { signal: leaving.signal });
    await expect(streams.prepare()).rejects.toMatchObject({ code: 'stream-limit' });
    leaving.abort();
    await stays.text().catch(() => undefined);
    await until(async () => streams.prepare().then(Boolean, () => false));
    streams.close();
    await expect(streams.prepare()).rejects.toMatchObject({ code: 'shutting-down' });
    await served.close();
  });

  it('drops a reader that takes nothing, with the reason as its last word', async () => {
    const reasons: string[] = [];
    let left = false;
    const served = await serve((response) => {
      const kind = { eventName: 'status', heartbeatMs: 50, stalledMs: 300, onDropped: (reason: string) => reasons.push(reason) };
      const reader = new EventStream({ response, requestId: 'r', lastEventId: null }, kind);
      reader.onClosed(() => (left = true));
      // More than the sockets' own buffers take.
      reader.send({ id: '1', data: 'x'.repeat(20_000_000), isLast: false });
      reader.send({ id: '2', data: 'newest', isLast: false });
    });
    const socket = connectUnread(served.url);
    await until(() => Promise.resolve(reasons.length > 0));
    expect(reasons).toEqual(['took nothing for 300 ms']);
    const tail = await tailOf(socket);
    expect(tail).toContain('event: dropped\ndata: {"reason":"took nothing for 300 ms"}');
    await until(() => Promise.resolve(left));
    await served.close();
  });

  it('cuts the connection of one that does not even take the last word', async () => {
    let left = false;
    const served = await serve((response) => {
      const reader = new EventStream(
        { response, requestId: 'r', lastEventId: null },
        { eventName: 'status', heartbeatMs: 50, stalledMs: 100 },
      );
      reader.onClosed(() => (left = true));
      reader.send({ id: '1', data: 'x'.repeat(20_000_000), isLast: false });
    });
    const socket = connectUnread(served.url);
    await until(() => Promise.resolve(left));
    expect(socket.bytesRead).toBeLessThan(20_000_000);
    socket.destroy();
    await served.close();
  });

  it('ends when the process leaves, within the drain', async () => {
    const other = await startApi({ host: '127.0.0.1', port: 0, trustProxy: false, ports: { ...house } });
    const stream = follow(other.url);
    await stream.next();
    const began = performance.now();
    await other.close();
    expect(performance.now() - began).toBeLessThan(2000);
    expect((await stream.next()).done).toBe(true);
  });
});

async function serve(answer: (response: Parameters<Parameters<typeof createServer>[1] & object>[1]) => unknown) {
  const server: Server = createServer((_request, response) => void answer(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${port}/`, close };
}

function connectUnread(url: string): Socket {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  return socket.pause();
}

async function tailOf(socket: Socket): Promise<string> {
  let tail = '';
  const ended = new Promise((resolve) => socket.once('close', resolve));
  socket.on('data', (chunk) => (tail = (tail + chunk.toString()).slice(-500)));
  socket.on('data', () => tail.includes('event: dropped') && socket.end());
  socket.resume();
  await ended;
  return tail;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const untilMs = Date.now() + 20_000;
  while (!(await holds())) {
    if (Date.now() > untilMs) throw new Error('it did not come to hold within 20 s');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
