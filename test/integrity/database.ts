import { Client } from 'pg';

export interface CheckpointRow {
  readonly place: string;
  readonly topic: string;
  readonly partition: number;
  readonly next: bigint;
  readonly epoch: bigint;
  readonly owner: string;
}

/** What the tests see of the database: one connection, made anew after every failure. */
export class Database {
  private client: Client | null = null;

  constructor(private readonly url: string) {}

  async rows<T>(text: string, values: readonly unknown[] = []): Promise<readonly T[]> {
    const client = await this.open();
    try {
      return (await client.query(text, [...values])).rows as T[];
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async one<T>(text: string, values: readonly unknown[] = []): Promise<T> {
    const [row] = await this.rows<T>(text, values);
    if (row === undefined) throw new Error(`no row: ${text}`);
    return row;
  }

  async checkpoints(): Promise<ReadonlyMap<string, CheckpointRow>> {
    const rows = await this.rows<{ topic: string; partition: number; next: string; epoch: string; owner: string | null }>(
      'SELECT topic, partition, next_offset AS next, epoch, owner FROM harvest.checkpoint WHERE generation = 1',
    );
    return new Map(
      rows.map(({ topic, partition, next, epoch, owner }) => {
        const place = `${topic}/${partition}`;
        return [place, { place, topic, partition, next: BigInt(next), epoch: BigInt(epoch), owner: owner ?? '' }];
      }),
    );
  }

  async close(): Promise<void> {
    const { client } = this;
    this.client = null;
    await client?.end().catch(() => undefined);
  }

  private async open(): Promise<Client> {
    if (this.client !== null) return this.client;
    const client = new Client({ connectionString: this.url, connectionTimeoutMillis: 5000, query_timeout: 30_000 });
    client.on('error', () => {
      if (this.client === client) this.client = null;
    });
    await client.connect();
    this.client = client;
    return client;
  }
}

/** Whether this process (by its owner's name `host/pid/random`) is the owner. */
export const isOwnedBy = ({ owner }: CheckpointRow, pid: number): boolean => owner.split('/')[1] === String(pid);
