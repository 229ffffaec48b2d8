import { createServer, connect, type Socket } from 'node:net';

/** Stands between a client and its server, and can be told to lose what passes. */
export interface FaultyProxy {
  readonly port: number;
  /**
   * The next time a client's bytes hold `request`, the server's answers are lost from there on; the connection breaks when one of
   * them holds `request` too (as Postgres's does): by then the server has done it.
   */
  loseAnswerTo(request: string): void;
  /** The next time a client's bytes hold `request`, they are lost and the connection breaks. */
  loseRequest(request: string): void;
  /** From now on nothing passes, and nobody is told. */
  blackHole(): void;
  /** How many faults took effect. */
  readonly effective: number;
  close(): Promise<void>;
}

export async function startFaultyProxy(target: { host: string; port: number }): Promise<FaultyProxy> {
  const sockets = new Set<Socket>();
  const state = { answer: '', request: '', silent: false, effective: 0 };
  const server = createServer((client) => {
    const upstream = connect(target.port, target.host);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => sockets.delete(socket));
    }
    let muted = '';
    client.on('data', (bytes) => {
      if (state.silent) return;
      if (state.request !== '' && bytes.includes(state.request)) {
        state.request = '';
        state.effective += 1;
        client.destroy();
        upstream.destroy();
        return;
      }
      if (state.answer !== '' && bytes.includes(state.answer)) {
        muted = state.answer;
        state.answer = '';
        state.effective += 1;
      }
      upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      if (state.silent) return;
      if (muted === '') client.write(bytes);
      else if (bytes.includes(muted)) client.destroy();
    });
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return {
    port: address.port,
    loseAnswerTo: (request) => void (state.answer = request),
    loseRequest: (request) => void (state.request = request),
    blackHole: () => void (state.silent = true),
    get effective() {
      return state.effective;
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
