import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LeanClient } from './lean-client';

/** Answers `/N` with N bytes, the head apart from the body. */
async function serve() {
  const server = createServer((request, response) => {
    const body = Buffer.alloc(Number(request.url?.slice(1)), 0x61);
    response.writeHead(body.length === 7 ? 503 : 200, { 'x-cache': 'miss', 'content-length': body.length });
    response.flushHeaders();
    setImmediate(() => response.end(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, client: new LeanClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`) };
}

describe('LeanClient', () => {
  it('reads one answer after the other to its end, over the same connection', async () => {
    const { server, client } = await serve();
    let connections = 0;
    server.on('connection', () => (connections += 1));
    for (const size of [0, 1, 10_000, 300_000, 5]) expect(await client.get(`/${size}`)).toEqual({ status: 200, verdict: 'miss' });
    expect(await client.get('/7')).toEqual({ status: 503, verdict: 'miss' });
    expect(connections).toBe(1);
    client.close();
    await new Promise((resolve) => server.close(resolve));
  });

  it('asks side by side over connections of their own, and rejects when the server goes', async () => {
    const { server, client } = await serve();
    const sizes = [100, 200_000, 3];
    expect(await Promise.all(sizes.map((size) => client.get(`/${size}`)))).toEqual(sizes.map(() => ({ status: 200, verdict: 'miss' })));
    const last = client.get('/50');
    server.closeAllConnections();
    await expect(last).rejects.toThrow(/ECONNRESET|closed/);
    // All are told; then a new connection comes in place of those that are gone.
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await client.get('/4')).toEqual({ status: 200, verdict: 'miss' });
    client.close();
    await new Promise((resolve) => server.close(resolve));
  });

  it('takes no answer whose length it is not told', async () => {
    const { server, client } = await serve();
    server.removeAllListeners('request').on('request', (_request, response: ServerResponse) => response.end(Buffer.alloc(100_000)));
    server.prependListener('request', (_request, response: ServerResponse) => response.setHeader('transfer-encoding', 'chunked'));
    await expect(client.get('/1')).rejects.toThrow('an answer without content-length');
    client.close();
    await new Promise((resolve) => server.close(resolve));
  });
});
