import { connect } from 'node:net';
import { ingestionDetailSchema } from '@harvest/contracts';
import type { IngestionView } from '@harvest/contracts';
import { anIngestionCompleted, anIngestionProgressed, anIngestionStarted, createTestHouse } from '@harvest/testing';
import type { TestHouse } from '@harvest/testing';
import { startApi } from './api.module';
import type { RunningApi } from './api.module';
import { receiptPosition } from './api.ports';

interface SentEvent {
  readonly event: string;
  readonly id: string | null;
  readonly data: IngestionView;
}

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

async function start(ingestionId: string): Promise<void> {
  const position = receiptPosition(await house.append(anIngestionStarted({ ingestionId, source: 'arxiv' }, around())));
  const answer = await fetch(`${api.url}/v1/ingestions/${ingestionId}?minPosition=${position}&waitMs=20000`);
  expect(answer.status).toBe(200);
}

/** Yields events until the stream ends. */
async function* follow(ingestionId: string, lastEventId?: string): AsyncGenerator<SentEvent> {
  const headers: Record<string, string> = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
  const response = await fetch(`${api.url}/v1/ingestions/${ingestionId}/stream`, { headers });
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
  let text = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const fields = new Map(
        text
          .slice(0, end)
          .split('\n')
          .map((line) => line.split(/: (.*)/s, 2) as [string, string]),
      );
      text = text.slice(end + 2);
      const event = fields.get('event');
      if (event !== undefined) yield { event, id: fields.get('id') ?? null, data: JSON.parse(fields.get('data') ?? '{}') as IngestionView };
    }
  }
}

describe('the stream of an ingestion', () => {
  it('tells each state and ends when it is decided', async () => {
    await start('run-1');
    const seen: SentEvent[] = [];
    for await (const sent of follow('run-1')) {
      seen.push(sent);
      if (sent.data.state === 'announced')
        await house.append(anIngestionProgressed({ ingestionId: 'run-1', counts: { artifacts: 3 } }, around()));
      if (sent.data.state === 'running') await house.append(anIngestionCompleted({ ingestionId: 'run-1', manifest: {} }, around()));
    }
    expect(seen.at(-1)?.event).toBe('end');
    const states = seen.filter(({ event }) => event === 'ingestion').map(({ data }) => ingestionDetailSchema.parse(data).state);
    expect(states[0]).toBe('announced');
    expect(states).toContain('running');
    expect(states.at(-1)).toBe('complete');
    expect(new Set(seen.map(({ id }) => id)).size).toBe(seen.length);
  });

  it('is resumed by the last id: what was seen is not sent again', async () => {
    const first = await follow('run-1').next();
    const resumed: SentEvent[] = [];
    for await (const sent of follow('run-1', first.value?.id ?? '')) resumed.push(sent);
    expect(resumed.map(({ event }) => event)).toEqual(['end']);
  });

  it('a reader that takes nothing holds one event at most, and goes on when it reads again', async () => {
    await start('run-2');
    const socket = connect(api.port, '127.0.0.1');
    socket.write('GET /v1/ingestions/run-2/stream HTTP/1.1\r\nhost: x\r\n\r\n');
    socket.pause();
    for (let count = 1; count <= 20; count += 1)
      await house.append(anIngestionProgressed({ ingestionId: 'run-2', counts: { artifacts: count } }, around()));
    await house.append(anIngestionCompleted({ ingestionId: 'run-2', manifest: {} }, around()));
    let text = '';
    const ended = new Promise((resolve) => socket.on('end', resolve));
    socket.on('data', (chunk) => {
      text += chunk.toString();
      if (text.includes('event: end')) socket.end();
    });
    socket.resume();
    await ended;
    expect(text).toContain('"state":"complete"');
  });

  it('ends without its last event when the process leaves, within the drain', async () => {
    await start('run-3');
    const other = await startApi({ host: '127.0.0.1', port: 0, trustProxy: false, ports: { ...house } });
    const response = await fetch(`${other.url}/v1/ingestions/run-3/stream`);
    const reading = response.text();
    const began = performance.now();
    await other.close();
    expect(performance.now() - began).toBeLessThan(2000);
    expect(await reading).not.toContain('event: end');
    expect(house.health.isDraining()).toBe(true);
  });
});
