import { connect, type Socket } from 'node:net';

export interface LeanAnswer {
  readonly status: number;
  /** Of its header `x-cache`. */
  readonly verdict: string | null;
}

interface Pending {
  resolve(answer: LeanAnswer): void;
  reject(error: Error): void;
}

const ANSWER_MS = 30_000;
/** For the thread: what has been read is looked at before the next read. */
const buffer = Buffer.alloc(64 * 1024);
const HEAD_END = '\r\n\r\n';

/**
 * GET over kept connections, as many as are open at once. Bodies are counted and not kept, all reads go into one buffer: whoever asks
 * shares the machine with whom he measures, and a pause of his own garbage collection would look like a slow answer.
 */
export class LeanClient {
  private readonly idle: LeanConnection[] = [];
  private readonly all = new Set<LeanConnection>();
  private readonly address: { readonly host: string; readonly port: number };

  constructor(base: string) {
    const { hostname, port } = new URL(base);
    this.address = { host: hostname, port: Number(port) };
  }

  async get(path: string): Promise<LeanAnswer> {
    const connection = this.takeIdle() ?? this.open();
    const answer = await connection.get(path);
    this.idle.push(connection);
    return answer;
  }

  close(): void {
    for (const connection of this.all) connection.close();
  }

  /** The server may have closed one meanwhile. */
  private takeIdle(): LeanConnection | undefined {
    let connection = this.idle.pop();
    while (connection?.isClosed === true) connection = this.idle.pop();
    return connection;
  }

  private open(): LeanConnection {
    const connection = new LeanConnection(this.address);
    this.all.add(connection);
    return connection;
  }
}

class LeanConnection {
  private readonly socket: Socket;
  private readonly host: string;
  private pending: Pending | null = null;
  private head = '';
  private answer: LeanAnswer | null = null;
  private bodyLeft = 0;

  constructor({ host, port }: { readonly host: string; readonly port: number }) {
    this.host = `${host}:${port}`;
    const callback = (bytes: number) => {
      this.read(bytes);
      return true;
    };
    this.socket = connect({ host, port, noDelay: true, onread: { buffer, callback } });
    this.socket.setTimeout(ANSWER_MS, () => this.fail(new Error(`no answer within ${ANSWER_MS / 1000} s`)));
    this.socket.once('error', (error) => this.fail(error));
    this.socket.once('close', () => this.fail(new Error('the connection was closed')));
  }

  get(path: string): Promise<LeanAnswer> {
    return new Promise((resolve, reject) => {
      this.pending = { resolve, reject };
      this.socket.write(`GET ${path} HTTP/1.1\r\nhost: ${this.host}\r\n\r\n`);
    });
  }

  get isClosed(): boolean {
    return !this.socket.writable;
  }

  close(): void {
    this.socket.destroy();
  }

  private read(bytes: number): void {
    const from = this.answer === null ? this.readHead(bytes) : 0;
    this.bodyLeft -= bytes - from;
    const { answer, pending } = this;
    if (answer === null || this.bodyLeft > 0) return;
    this.answer = this.pending = null;
    pending?.resolve(answer);
  }

  /** Returns where the body begins in the buffer. */
  private readHead(bytes: number): number {
    const before = this.head.length;
    this.head += buffer.toString('latin1', 0, bytes);
    const end = this.head.indexOf(HEAD_END);
    if (end < 0) return bytes;
    const head = this.head.slice(0, end);
    this.head = '';
    const length = /^content-length: (\d+)$/im.exec(head)?.[1];
    if (length === undefined) this.fail(new Error(`an answer without content-length: ${head.slice(0, 200)}`));
    this.bodyLeft = Number(length);
    this.answer = { status: Number(head.slice(9, 12)), verdict: /^x-cache: (\S+)$/im.exec(head)?.[1] ?? null };
    return end + HEAD_END.length - before;
  }

  private fail(error: Error): void {
    this.socket.destroy();
    this.pending?.reject(error);
    this.pending = null;
  }
}
