import { connect } from 'node:net';
import { decode } from '@harvest/contracts';
import type { EventsReceipt, LogRecord } from '@harvest/contracts';
import { toOffset } from '@harvest/kernel';
import { HealthRegistry } from '@harvest/observability';
import { createTestHouse } from '@harvest/testing';
import type { TestHouse } from '@harvest/testing';
import { startApi } from './api.module';
import type { RunningApi } from './api.module';

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

async function ask(path: string, init?: RequestInit) {
  const response = await fetch(api.url + path, init);
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, text, body: isJson ? (JSON.parse(text) as unknown) : text };
}

const post = (body: string | Buffer, contentType = 'application/json', headers: Record<string, string> = {}) =>
  ask('/v1/events', { method: 'POST', body: body as string, headers: { 'content-type': contentType, ...headers } });

const event = (id: string, over: object = {}) => ({
  specversion: '1.0',
  id,
  source: 'tests',
  type: 'harvester.score.computed.v1',
  subject: 'arxiv:1',
  data: { artifactId: 'arxiv:1', discoveryScore: 5 },
  ...over,
});

const positionsOf = (receipt: EventsReceipt) =>
  receipt.verdicts.flatMap((verdict) =>
    verdict.verdict === 'appended' ? [{ ...verdict.position, offset: toOffset(verdict.position.offset) }] : [],
  );

async function read(
  { topic, partition, offset }: { topic: string; partition: number; offset: bigint },
  count: number,
): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  const range = { topic, partition, from: toOffset(offset), to: toOffset(offset + BigInt(count)) };
  for await (const batch of house.log.read(range)) records.push(...batch);
  return records;
}

describe('POST /v1/events', () => {
  it('appends a batch in order and says where each event stands', async () => {
    const { status, body } = await post(JSON.stringify([event('e1'), event('e2', { data: { artifactId: 'arxiv:1', discoveryScore: 6 } })]));
    const receipt = body as EventsReceipt;
    expect(status).toBe(200);
    expect(receipt).toMatchObject({ appended: 2, refused: 0 });
    const [first, second] = positionsOf(receipt);
    expect(second).toEqual({ ...first, offset: first!.offset + 1n });
    const records = await read(first!, 2);
    const decoded = records.map((record) => decode(record, { family: 'scores' }));
    expect(decoded).toMatchObject([
      { kind: 'event', subject: 'arxiv:1', payload: { discoveryScore: 5 }, envelope: { id: 'e1', source: 'tests' } },
      { kind: 'event', subject: 'arxiv:1', payload: { discoveryScore: 6 }, envelope: { id: 'e2' } },
    ]);
  });

  it('takes a single event', async () => {
    expect(await post(JSON.stringify(event('e3')), 'application/cloudevents+json')).toMatchObject({ status: 200, body: { appended: 1 } });
  });

  it('judges each event by itself, on its own bytes: what is refused is not in the log', async () => {
    const duplicate = JSON.stringify(event('e5')).replace('"discoveryScore":5', '"discoveryScore":5,"discoveryScore":6');
    const huge = JSON.stringify(event('e6')).replace('"discoveryScore":5', '"discoveryScore":1e400');
    const unknown = JSON.stringify(event('e7', { type: 'harvester.unheard.of.v1' }));
    const other = JSON.stringify(event('e8', { type: 'com.example.other' }));
    const mismatch = JSON.stringify(event('e9', { subject: 'arxiv:2' }));
    const { status, body } = await post(`[${[JSON.stringify(event('e4')), duplicate, huge, unknown, other, mismatch].join(',')}]`);
    expect(status).toBe(207);
    expect(body).toMatchObject({ appended: 1, refused: 5 });
    expect((body as EventsReceipt).verdicts.map((verdict) => (verdict.verdict === 'appended' ? verdict.id : verdict.code))).toEqual([
      'e4',
      'duplicate-key',
      'number-out-of-range',
      'unknown-type',
      'unknown-type',
      'key-mismatch',
    ]);
  });

  it.each([
    ['broken JSON', '[{"specversion":', 'application/json', 400, 'json-invalid'],
    ['bytes that are no UTF-8', Buffer.from([0x5b, 0xff, 0x5d]), 'application/json', 400, 'json-invalid'],
    ['neither object nor array', '42', 'application/json', 400, 'body-invalid'],
    ['an empty batch', '[]', 'application/json', 400, 'body-invalid'],
    ['no body', '', 'application/json', 400, 'body-missing'],
    ['text', 'hello', 'text/plain', 415, 'media-type-unsupported'],
    ['a form', 'a=1', 'application/x-www-form-urlencoded', 415, 'media-type-unsupported'],
    ['a trick with a tab', '[]', 'application/json\ta', 415, 'media-type-unsupported'],
    ['another charset', '[]', 'application/json; charset=utf-16', 415, 'media-type-unsupported'],
    ['1,001 events', JSON.stringify(Array.from({ length: 1001 }, () => 0)), 'application/json', 413, 'too-many-events'],
    ['5,000,001 bytes', ' '.repeat(5_000_001), 'application/json', 413, 'body-too-large'],
    ['10 MB', ' '.repeat(10_000_000), 'application/json', 413, 'body-too-large'],
  ])('refuses %s as a whole', async (_what, body, contentType, status, code) => {
    const answer = await post(body, contentType);
    expect([answer.status, (answer.body as { code?: string }).code]).toEqual([status, code]);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  });

  it('refuses a 10 MB body without a length', async () => {
    const chunks = new ReadableStream({
      start: (controller) => {
        for (let chunk = 0; chunk < 10; chunk += 1) controller.enqueue(Buffer.alloc(1_000_000, ' '));
        controller.close();
      },
    });
    const init = { method: 'POST', body: chunks, duplex: 'half', headers: { 'content-type': 'application/json' } };
    expect(await ask('/v1/events', init as RequestInit)).toMatchObject({ status: 413 });
  });

  it('refuses coded bodies', async () => {
    expect(await post('[]', 'application/json', { 'content-encoding': 'gzip' })).toMatchObject({
      status: 415,
      body: { code: 'encoding-unsupported' },
    });
  });

  it('survives deep JSON, as a verdict or a refusal', async () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    const answer = await post(JSON.stringify(event('e10')).replace('"discoveryScore":5', `"discoveryScore":${deep}`));
    expect(answer).toMatchObject({ status: 207, body: { verdicts: [{ verdict: 'refused', code: 'nesting-too-deep' }] } });
    expect((await post(deep)).status).toBeLessThan(500);
  });

  it('takes exactly 5,000,000 bytes and 1,000 events', async () => {
    const events = JSON.stringify(Array.from({ length: 1000 }, (_, index) => event(`m${index}`)));
    expect(await post(events.padEnd(5_000_000, ' '))).toMatchObject({ status: 200, body: { appended: 1000 } });
  });

  it('a topic that does not exist is 503 and says when to come back', async () => {
    const ports = { ...house, topicPrefix: 'absent.', health: new HealthRegistry() };
    const other = await startApi({ host: '127.0.0.1', port: 0, trustProxy: false, ports });
    const response = await fetch(`${other.url}/v1/events`, {
      method: 'POST',
      body: JSON.stringify(event('x')),
      headers: { 'content-type': 'application/json' },
    });
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await response.json()).toMatchObject({ code: 'topic-missing' });
    await other.close();
  });
});

describe('every address', () => {
  it.each([
    ['GET', '/nothing', 404, 'route-unknown'],
    ['GET', '/v1/', 404, 'route-unknown'],
    ['GET', '/docs/nothing', 404, 'route-unknown'],
    ['POST', '/nothing', 404, 'route-unknown'],
    ['DELETE', '/v1/events', 405, 'method-not-allowed'],
    ['GET', '/v1/events', 405, 'method-not-allowed'],
    ['PUT', '/v1/artifacts/a', 405, 'method-not-allowed'],
    ['GET', '/openapi.json?x=1', 400, 'unknown-parameter'],
    ['GET', '/%zz', 400, 'url-invalid'],
  ])('%s %s is %i %s', async (method, path, status, code) => {
    const answer = await ask(path, { method, ...(method === 'GET' ? {} : { body: '{}' }) });
    expect(answer).toMatchObject({ status, body: { code, status, type: `urn:harvest:problem:${code}` } });
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(answer.headers.get('x-request-id')).toBeTruthy();
  });

  it('says which methods an address takes', async () => {
    expect((await ask('/v1/events', { method: 'DELETE' })).headers.get('allow')).toBe('POST');
    expect((await ask('/openapi.json', { method: 'DELETE' })).headers.get('allow')).toBe('GET, HEAD');
  });

  it('takes a sane request id and names it in the problem', async () => {
    const answer = await ask('/nothing', { headers: { 'x-request-id': 'trace-1' } });
    expect([answer.headers.get('x-request-id'), answer.body]).toEqual(['trace-1', expect.objectContaining({ requestId: 'trace-1' })]);
  });

  it('serves its contract, its page and nothing from elsewhere', async () => {
    expect((await ask('/openapi.json')).body).toMatchObject({ openapi: '3.1.1' });
    expect((await ask('/')).body).toMatchObject({ documentation: '/docs' });
    const page = await ask('/docs/');
    expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')]);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
    const sources = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(sources.length).toBeGreaterThan(0);
    for (const source of sources) expect(source).not.toMatch(/^(https?:)?\/\//);
    for (const source of sources) expect((await fetch(new URL(source, `${api.url}/docs/`))).status).toBe(200);
  });

  it('bytes that are no HTTP are answered by a problem and the end of the connection', async () => {
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(api.port, '127.0.0.1', () => socket.write('NONSENSE\r\n\r\n'));
      let text = '';
      socket.on('data', (chunk) => (text += chunk.toString()));
      socket.on('close', () => resolve(text));
      socket.on('error', reject);
    });
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('"code":"request-malformed"');
  });

  it('a header beyond 32 kB is 431', async () => {
    expect(await ask('/', { headers: { 'x-long': 'x'.repeat(40_000) } })).toMatchObject({
      status: 431,
      body: { code: 'headers-too-large' },
    });
  });

  it('counts requests under their route, never under their address', async () => {
    await ask('/v1/artifacts/secret-id', { method: 'PUT' });
    const text = await house.metrics.registry.metrics();
    expect(text).toMatch(/http_requests_total\{method="POST",route="\/v1\/events",status="200"\} \d+/);
    expect(text).not.toContain('secret-id');
  });

  it('answers health on the public listener too', async () => {
    for (const path of ['/health', '/health/live', '/health/ready', '/health/startup', '/health/performance'])
      expect((await ask(path)).status).toBe(200);
  });
});

describe('leaving', () => {
  it('is quick although a keep-alive connection is open, and readiness says so meanwhile', async () => {
    await ask('/health/live');
    const began = performance.now();
    await api.close();
    expect(performance.now() - began).toBeLessThan(1000);
    expect(house.health.isDraining()).toBe(true);
    await expect(fetch(`${api.url}/health/live`)).rejects.toThrow('fetch failed');
  });
});
