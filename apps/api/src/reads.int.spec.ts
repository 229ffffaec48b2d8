import { request } from 'node:http';
import type { AppendedRecord } from '@harvest/contracts';
import {
  artifactLookupSchema,
  artifactSchema,
  discoveryPageSchema,
  ingestionDetailSchema,
  ingestionPageSchema,
  problemSchema,
} from '@harvest/contracts';
import { aScoreComputed, anArtifactObserved, anIngestionCompleted, anIngestionStarted, createTestHouse } from '@harvest/testing';
import type { TestHouse } from '@harvest/testing';
import { startApi } from './api.module';
import type { RunningApi } from './api.module';
import { receiptPosition } from './api.ports';

let house: TestHouse;
let api: RunningApi;
/** Of everything appended before the tests. */
let position: string;

const AWKWARD_IDS = [
  'a/b:c,d',
  'sp ace',
  'per%cent',
  'plus+plus',
  'é',
  '😀',
  'q?x=1#y',
  'a..b',
  'x'.repeat(512),
  '%2F',
  "o'brien",
  '"quoted"',
];

beforeAll(async () => {
  house = await createTestHouse({ withRedis: true, maxStaleMs: 200 });
  api = await startApi({ host: '127.0.0.1', port: 0, trustProxy: false, ports: house });
  const around = { topicPrefix: house.topicPrefix };
  const awkward = AWKWARD_IDS.map((artifactId) => anArtifactObserved({ artifactId, source: 'github', title: artifactId }, around));
  const others = await house.append(...awkward, anArtifactObserved({ artifactId: 'unscored' }, around));
  const scored = await publish(Array.from({ length: 120 }, (_, index) => `arxiv:${index}`));
  position = receiptPosition([...others, ...scored]) ?? '';
  await Promise.all(AWKWARD_IDS.map(untilFound));
});
afterAll(async () => {
  await api.close();
  await house.close();
});

async function publish(ids: readonly string[], score = (index: number) => 50 + (index % 40)): Promise<readonly AppendedRecord[]> {
  const around = { topicPrefix: house.topicPrefix };
  const observed = ids.map((artifactId) => anArtifactObserved({ artifactId, source: 'arxiv', artifactType: 'paper' }, around));
  const scored = ids.map((artifactId, index) => aScoreComputed({ artifactId, discoveryScore: score(index) }, around));
  return house.append(...observed, ...scored);
}

async function untilFound(id: string): Promise<void> {
  const untilMs = Date.now() + 20_000;
  while ((await ask(`/v1/artifacts/${encodeURIComponent(id)}`)).status !== 200) {
    if (Date.now() > untilMs) throw new Error(`${id} did not become visible`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function ask(path: string, init?: RequestInit) {
  const response = await fetch(api.url + path, init);
  const text = await response.text();
  const isJson = /^application\/(problem\+)?json/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, text, body: isJson && text !== '' ? (JSON.parse(text) as unknown) : text };
}

const lookUp = (body: string) => ask('/v1/artifacts/lookup', { method: 'POST', body, headers: { 'content-type': 'application/json' } });

/** A counter may move between two questions, once. */
async function untilCached(path: string, init?: RequestInit) {
  let answer = await ask(path, init);
  for (let tries = 0; tries < 50 && answer.headers.get('x-cache') !== 'hit-l1'; tries += 1) answer = await ask(path, init);
  return answer;
}

describe('GET /v1/discoveries', () => {
  it('waits for a position and then holds everything before it', async () => {
    const answer = await ask(`/v1/discoveries?limit=5&total=true&minPosition=${position}&waitMs=20000`);
    expect(answer.status).toBe(200);
    const page = discoveryPageSchema.strict().parse(answer.body);
    expect(page).toMatchObject({ hasMore: true, total: 120 });
    expect(page.items).toHaveLength(5);
  });

  it('a walk by cursors meets every discovery once, in order', async () => {
    const seen: { artifactId: string; discoveryScore: number }[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const answer = await ask(`/v1/discoveries?limit=50${cursor === '' ? '' : `&cursor=${cursor}`}`);
      const page = discoveryPageSchema.parse(answer.body);
      seen.push(...page.items);
      expect(page.hasMore).toBe(page.nextCursor !== null);
      cursor = page.nextCursor;
    }
    expect(new Set(seen.map(({ artifactId }) => artifactId)).size).toBe(120);
    expect(seen).toHaveLength(120);
    const scores = seen.map(({ discoveryScore }) => discoveryScore);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
  });

  it('carries what readers need to keep and to judge it', async () => {
    const { headers } = await ask('/v1/discoveries?limit=7');
    expect(headers.get('etag')).toMatch(/^"[\w-]{20,}"$/);
    expect(headers.get('cache-control')).toBe('no-cache');
    expect(headers.get('x-cache')).toMatch(/^(hit-l1|hit-l2|stale|miss|bypass)$/);
    expect(headers.get('x-position')).toMatch(/^[\w-]+$/);
    expect(Number(headers.get('x-staleness-ms'))).toBeGreaterThanOrEqual(0);
    expect(headers.get('x-request-id')).toBeTruthy();
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
  });

  it('is answered from memory the second time, byte for byte, with the caller’s request id', async () => {
    const path = '/v1/discoveries?limit=9&source=arxiv';
    const first = await ask(path);
    const second = await untilCached(path, { headers: { 'x-request-id': 'mine-1' } });
    expect(second.headers.get('x-request-id')).toBe('mine-1');
    expect([second.text, second.headers.get('etag')]).toEqual([first.text, first.headers.get('etag')]);
  });

  it('the same question in another order of its parameters is the same answer', async () => {
    await ask('/v1/discoveries?limit=11&type=paper&source=arxiv');
    const { headers } = await untilCached('/v1/discoveries?source=arxiv&type=paper&limit=11');
    expect(headers.get('x-cache')).toBe('hit-l1');
  });

  it('is 304 while nothing has changed, from memory, and 200 for another tag', async () => {
    const etag = (await ask('/v1/discoveries?limit=8')).headers.get('etag') ?? '';
    for (const given of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const answer = await ask('/v1/discoveries?limit=8', { headers: { 'if-none-match': given } });
      expect([answer.status, answer.text, answer.headers.get('etag')]).toEqual([304, '', etag]);
      expect(answer.headers.get('x-position')).toBeTruthy();
    }
    expect((await ask('/v1/discoveries?limit=8', { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
  });

  it('is 304 from memory however its header is spelt, and when it stands twice', async () => {
    const etag = (await untilCached('/v1/discoveries?limit=8')).headers.get('etag') ?? '';
    const statusOf = (headers: readonly string[]) =>
      new Promise((resolve, reject) => {
        const asked = request(`${api.url}/v1/discoveries?limit=8`, { headers: [...headers, 'Host', 'localhost'] }, (answer) => {
          answer.resume();
          resolve([answer.statusCode, answer.headers['x-cache']]);
        });
        asked.once('error', reject).end();
      });
    expect(await statusOf(['IF-None-Match', etag])).toEqual([304, 'hit-l1']);
    expect(await statusOf(['If-None-Match', '"other"', 'if-none-match', etag])).toEqual([304, 'hit-l1']);
    expect(await statusOf(['If-None-Match', '"other"'])).toEqual([200, 'hit-l1']);
  });

  it('HEAD says the same without the body', async () => {
    const get = await ask('/v1/discoveries?limit=6');
    const head = await ask('/v1/discoveries?limit=6', { method: 'HEAD' });
    expect([head.status, head.text, head.headers.get('etag')]).toEqual([200, '', get.headers.get('etag')]);
    expect(head.headers.get('content-length')).toBe(String(Buffer.byteLength(get.text)));
  });

  it('what is newly published is there for who asks for its position', async () => {
    const receipt = receiptPosition(await publish(['arxiv:new'], () => 99.5));
    const answer = await ask(`/v1/discoveries?limit=1&minPosition=${receipt}&waitMs=20000`);
    expect(discoveryPageSchema.parse(answer.body).items[0]).toMatchObject({ artifactId: 'arxiv:new', discoveryScore: 99.5 });
    expect(answer.headers.get('x-cache')).toMatch(/bypass|hit-l1|hit-l2/);
  });

  it('a position beyond the log is 412 after the wait, and at once without one', async () => {
    const beyond = receiptPosition([{ topic: `${house.topicPrefix}artifacts.v1`, partition: 0, offset: 10_000_000n as never }]);
    const began = performance.now();
    expect(await ask(`/v1/discoveries?minPosition=${beyond}&waitMs=300`)).toMatchObject({
      status: 412,
      body: { code: 'position-not-reached' },
    });
    expect(performance.now() - began).toBeGreaterThan(250);
    expect(await ask(`/v1/artifacts/arxiv%3A1?minPosition=${beyond}`)).toMatchObject({ status: 412 });
  });

  it('an answer that cannot be as fresh as asked for is 503, never silently older', async () => {
    const answer = await ask('/v1/discoveries?maxStalenessMs=0');
    if (answer.status === 200) expect(answer.headers.get('x-staleness-ms')).toBe('0');
    else expect(answer).toMatchObject({ status: 503, body: { code: 'too-stale' } });
    expect((await ask('/v1/discoveries?maxStalenessMs=60000')).status).toBe(200);
  });

  it('hostile parameters are 400 problems that name them', async () => {
    const hostile = [
      'page=1',
      'limit=1&limit=2',
      'limit=0',
      'limit=201',
      'limit=x',
      'sort=best',
      'cursor=zzzz',
      'cursor=',
      'minScore=101',
      'type=book',
    ];
    hostile.push(
      'since=2024-02-30',
      'since=2025&until=2024',
      'minPosition=zz',
      'minPosition=!!',
      'waitMs=-1',
      'waitMs=99999',
      'source=,',
      'source=a%00b',
    );
    hostile.push(
      'source=%ff',
      'total=yes',
      'topic=x&source=arxiv',
      'total=true&minScore=5',
      '__proto__=1',
      'limit=5;drop',
      `source=${Array.from({ length: 41 }, (_, index) => `s${index}`).join(',')}`,
    );
    for (const search of hostile) {
      const answer = await ask(`/v1/discoveries?${search}`);
      expect([search, answer.status]).toEqual([search, 400]);
      expect(problemSchema.parse(answer.body).errors?.length).toBeGreaterThan(0);
    }
  });

  it('a cursor of another question is refused', async () => {
    const page = discoveryPageSchema.parse((await ask('/v1/discoveries?limit=2')).body);
    expect(await ask(`/v1/discoveries?limit=2&sort=recent&cursor=${page.nextCursor}`)).toMatchObject({
      status: 400,
      body: { code: 'invalid-cursor' },
    });
  });
});

describe('GET /v1/discoveries/export', () => {
  it('streams every discovery, and its last line says how many', async () => {
    const { headers, text } = await ask('/v1/discoveries/export?source=arxiv');
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(headers.get('content-type')).toContain('application/x-ndjson');
    const items = lines.filter((line) => 'artifactId' in line);
    expect(lines.at(-1)).toEqual({ nextCursor: null, items: items.length });
    expect(items).toHaveLength(121);
  });

  it('goes on behind the cursor of a broken one', async () => {
    const page = discoveryPageSchema.parse((await ask('/v1/discoveries?limit=100')).body);
    const rest = await ask(`/v1/discoveries/export?cursor=${page.nextCursor}`);
    expect(JSON.parse(rest.text.trimEnd().split('\n').at(-1) ?? '')).toEqual({ nextCursor: null, items: 21 });
  });

  it('what is wrong is a problem before the first line', async () => {
    expect(await ask('/v1/discoveries/export?cursor=zz')).toMatchObject({ status: 400, body: { code: 'invalid-cursor' } });
    expect(await ask('/v1/discoveries/export?limit=5')).toMatchObject({ status: 400, body: { code: 'unknown-parameter' } });
    expect(await ask('/v1/discoveries/export', { method: 'HEAD' })).toMatchObject({ status: 405 });
  });
});

describe('artifacts', () => {
  it.each(AWKWARD_IDS)('%# %.30j is found by its percent-encoded path', async (id) => {
    const answer = await ask(`/v1/artifacts/${encodeURIComponent(id)}`);
    expect(artifactSchema.strict().parse(answer.body)).toMatchObject({ artifactId: id, title: id });
  });

  it('one that is not scored is there without a score, fresh, and 304 by its tag', async () => {
    const answer = await ask('/v1/artifacts/unscored');
    expect(artifactSchema.parse(answer.body).discoveryScore).toBeUndefined();
    expect(answer.headers.get('x-cache')).toBe('bypass');
    expect((await ask('/v1/artifacts/unscored', { headers: { 'if-none-match': answer.headers.get('etag') ?? '' } })).status).toBe(304);
  });

  it.each([
    ['unknown', 404, 'artifact-unknown'],
    ['a%00b', 400, 'id-invalid'],
    ['x'.repeat(513), 400, 'id-invalid'],
    ['x'.repeat(9000), 414, 'url-too-long'],
    ['%ff', 400, 'url-invalid'],
    ['unscored?x=1', 400, 'unknown-parameter'],
    ['a/b', 404, 'route-unknown'],
  ])('%# %s is %i %s', async (path, status, code) => {
    expect(await ask(`/v1/artifacts/${path}`)).toMatchObject({ status, body: { code } });
  });

  it('are looked up by ids, in their order, with those not known', async () => {
    const answer = await lookUp(JSON.stringify({ ids: ['arxiv:2', 'nobody', 'unscored', 'arxiv:1', 'arxiv:2'] }));
    const found = artifactLookupSchema.strict().parse(answer.body);
    expect(found.items.map(({ artifactId }) => artifactId)).toEqual(['arxiv:2', 'unscored', 'arxiv:1']);
    expect(found.missing).toEqual(['nobody']);
  });

  it.each([
    '{}',
    '[]',
    '{"ids":[]}',
    '{"ids":"a"}',
    '{"ids":[1]}',
    '{"ids":[""]}',
    '{"ids":["a"],"x":1}',
    '{"ids":["a\\u0000"]}',
    '{"ids":["\\ud800"]}',
    'null',
  ])('a look-up of %s is 400', async (body) => {
    expect(await lookUp(body)).toMatchObject({ status: 400, body: { code: 'body-invalid' } });
  });

  it('a look-up of 201 ids, of broken or of deep JSON is 400', async () => {
    expect((await lookUp(JSON.stringify({ ids: Array.from({ length: 201 }, (_, index) => `a${index}`) }))).status).toBe(400);
    expect((await lookUp('{"ids":')).status).toBe(400);
    expect((await lookUp(`{"ids":${'['.repeat(200_000)}${']'.repeat(200_000)}}`)).status).toBe(400);
    expect((await lookUp(' '.repeat(600_000))).status).toBe(413);
  });
});

describe('ingestions', () => {
  it('are listed and shown, and are unknown by a problem', async () => {
    const around = { topicPrefix: house.topicPrefix };
    const receipt = receiptPosition(await house.append(anIngestionStarted({ ingestionId: 'run/1', source: 'arxiv' }, around)));
    const one = await ask(`/v1/ingestions/run%2F1?minPosition=${receipt}&waitMs=20000`);
    expect(ingestionDetailSchema.strict().parse(one.body)).toMatchObject({ ingestionId: 'run/1', state: 'announced', source: 'arxiv' });
    const list = await ask(`/v1/ingestions?minPosition=${receipt}&waitMs=20000`);
    expect(
      ingestionPageSchema
        .strict()
        .parse(list.body)
        .items.map(({ ingestionId }) => ingestionId),
    ).toContain('run/1');
    expect(await ask('/v1/ingestions/nobody')).toMatchObject({ status: 404, body: { code: 'ingestion-unknown' } });
    expect(await ask('/v1/ingestions?cursor=zz')).toMatchObject({ status: 400, body: { code: 'invalid-cursor' } });
    expect(await ask('/v1/ingestions/nobody/stream')).toMatchObject({ status: 404, body: { code: 'ingestion-unknown' } });
  });

  it('one that is completed becomes complete when its manifest is passed', async () => {
    const around = { topicPrefix: house.topicPrefix };
    const appended = await house.append(anArtifactObserved({ artifactId: 'of-run-2' }, around));
    const { topic, partition, offset } = appended[0]!;
    const manifest = { [topic]: { [partition]: Number(offset) } };
    await house.append(
      anIngestionStarted({ ingestionId: 'run-2' }, around),
      anIngestionCompleted({ ingestionId: 'run-2', manifest }, around),
    );
    const untilMs = Date.now() + 20_000;
    let state = '';
    while (state !== 'complete' && Date.now() < untilMs) {
      const answer = await ask('/v1/ingestions/run-2');
      state = answer.status === 200 ? ingestionDetailSchema.parse(answer.body).state : '';
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(ingestionDetailSchema.strict().parse((await ask('/v1/ingestions/run-2')).body)).toMatchObject({
      state: 'complete',
      progress: { passed: 1, of: 1 },
    });
  });
});
