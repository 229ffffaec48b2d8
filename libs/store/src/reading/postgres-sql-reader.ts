import type { HarvestMetrics, QueryListener } from '@harvest/observability';
import type { NamedQuery, QueryOptions, SqlReader, SqlRow, SqlRows, SqlValue } from '@harvest/read-models';
import { HarvestError, isHarvestError } from '@harvest/kernel';
import type { CustomTypesConfig, PoolClient, QueryArrayResult } from 'pg';
import { classifyError } from '../connection/classify-error';
import type { Pools } from '../connection/pools';
import { parserOfText, textOf } from '../connection/reader-client';
import { sendQuery } from '../connection/send-query';
import { noActiveGeneration } from '../generations/postgres-generation-store';
import { schemaOf } from '../tables/generation-schema';
import { QueryWatch } from './query-watch';
import { parseSnapshot, withSnapshot } from './snapshot';

export interface SqlReaderOptions {
  readonly pools: Pools;
  readonly metrics: HarvestMetrics;
  readonly topicPrefix: string;
  /** Default 10,000. */
  readonly timeoutMs?: number;
  readonly onQuery?: QueryListener;
}

interface Call {
  readonly values: readonly SqlValue[];
  readonly options: QueryOptions;
  readonly watch: QueryWatch;
}

const POINTER = 'SELECT generation FROM harvest.generation_pointer';
/** A consumer that stands still this long between two batches of a stream loses it: it holds a snapshot. */
const STREAM_IDLE_MS = 60_000;

/** text, json, jsonb, date, timestamp, timestamptz come as they are: as text, or as bytes when long. */
const AS_IT_IS = new Set([25, 114, 3802, 1082, 1114, 1184]);
const typesWith = (keep: (value: string | Buffer) => unknown): CustomTypesConfig => ({
  getTypeParser: (oid: number) => (AS_IT_IS.has(oid) ? keep : parserOfText(oid)),
});
const TEXTS = typesWith(textOf);
const EITHER = typesWith((value) => value);

export class PostgresSqlReader implements SqlReader {
  /** The generation that answered last; what a statement's own snapshot says overrules it. */
  private believed: number | undefined;
  private readonly texts = new Map<string, string>();

  constructor(private readonly options: SqlReaderOptions) {}

  async query(query: NamedQuery, values: readonly SqlValue[], options: QueryOptions = {}): Promise<SqlRows> {
    const stop = this.options.metrics.dbQuerySeconds.startTimer({ query: query.name });
    const watch = new QueryWatch(query.name, this.options.onQuery);
    try {
      return watch.ended(await this.onActive(query, (generation) => this.queryOn(generation, query, { values, options, watch })));
    } catch (error) {
      throw watch.failed(error);
    } finally {
      stop();
    }
  }

  async *stream(query: NamedQuery, values: readonly SqlValue[], batchRows: number): AsyncIterable<readonly SqlRow[]> {
    const doing = `streaming ${query.name}`;
    const client = await this.options.pools.checkOutReader(doing);
    let finished = false;
    try {
      await client.query(`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
        SET LOCAL idle_in_transaction_session_timeout = ${STREAM_IDLE_MS}`);
      const generation = await readPointer(client);
      const text = `DECLARE stream_rows NO SCROLL CURSOR FOR ${query.text(schemaOf(generation))}`;
      await client.query({ text, values: bound(values), queryMode: 'extended' } as object as { text: string });
      yield* fetchAll(client, batchRows);
      await client.query('COMMIT');
      finished = true;
    } catch (error) {
      throw classifyError(error, doing);
    } finally {
      // Left half-way: closing the connection ends the snapshot at once.
      this.options.pools.giveBack(client, !finished);
    }
  }

  /** Runs again when the pointer has moved, or when the schema that was believed in is gone. */
  private async onActive(query: NamedQuery, run: (generation: number) => Promise<SqlRows>): Promise<SqlRows> {
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const generation = (this.believed ??= await this.options.pools.read('reading the generation', readPointer));
      try {
        const answer = await run(generation);
        this.believed = answer.snapshot.freshness.generation;
        if (this.believed === generation) return answer;
      } catch (error) {
        const moved = attempt === 0 && isHarvestError(error) && error.code === 'database-not-migrated';
        if (!moved) throw error;
        this.believed = undefined;
      }
    }
    throw new HarvestError({ code: 'store-timeout', retriable: true, message: `${query.name}: the generation kept moving` });
  }

  private queryOn(generation: number, query: NamedQuery, call: Call): Promise<SqlRows> {
    const named = call.options.plan === 'custom' ? {} : { name: `${query.name}_g${generation}` };
    const config = {
      ...named,
      text: this.textFor(generation, query),
      values: bound(call.values),
      rowMode: 'array' as const,
      types: query.bytes === undefined ? TEXTS : EITHER,
    };
    const timeoutMs = call.options.timeoutMs ?? this.options.timeoutMs ?? 10_000;
    return this.options.pools.readInTurn(query.name, async (client) => {
      call.watch.connected(generation);
      const result = await sendQuery(client, config, timeoutMs).catch((error: unknown) => {
        throw classifyError(error, query.name);
      });
      return decode(result, query.bytes ?? []);
    });
  }

  private textFor(generation: number, query: NamedQuery): string {
    const key = `${generation}/${query.name}`;
    let text = this.texts.get(key);
    if (text === undefined) {
      text = withSnapshot(query.text(schemaOf(generation)), { topicPrefix: this.options.topicPrefix, dependsOn: query.dependsOn });
      this.texts.set(key, text);
    }
    return text;
  }
}

async function readPointer(client: PoolClient): Promise<number> {
  const { rows } = await client.query<{ generation: number }>(POINTER).catch((error: unknown) => {
    throw classifyError(error, 'reading the generation');
  });
  if (rows[0] === undefined) throw noActiveGeneration();
  return rows[0].generation;
}

async function* fetchAll(client: PoolClient, batchRows: number): AsyncIterable<readonly SqlRow[]> {
  for (;;) {
    const query = { text: `FETCH FORWARD ${Math.max(1, Math.trunc(batchRows))} FROM stream_rows`, types: TEXTS };
    const { rows } = await client.query<SqlRow>(query);
    if (rows.length > 0) yield rows;
    if (rows.length < batchRows) return;
  }
}

/** The first column is the snapshot, the second numbers the rows (null: there is none). */
function decode({ rows, fields }: QueryArrayResult<unknown[]>, bytes: readonly string[]): SqlRows {
  const facts = rows[0]?.[0] as string | Buffer | undefined;
  if (facts === undefined) throw noActiveGeneration();
  const converterOf = (name: string) => (bytes.includes(name) ? asBytes : asText);
  const columns = fields.map(({ name, dataTypeID }) => ({ name, convert: AS_IT_IS.has(dataTypeID) ? converterOf(name) : asItIs }));
  const data = rows[0]![1] === null ? [] : rows.map((row) => objectOf(columns, row));
  return { rows: data, snapshot: parseSnapshot(textOf(facts)) };
}

const asText = (value: unknown): unknown => (value instanceof Buffer ? value.toString() : value);
const asBytes = (value: unknown): unknown => (typeof value === 'string' ? Buffer.from(value) : value);
const asItIs = (value: unknown): unknown => value;

interface Column {
  readonly name: string;
  readonly convert: (value: unknown) => unknown;
}

function objectOf(columns: readonly Column[], row: readonly unknown[]): SqlRow {
  const object: Record<string, unknown> = {};
  for (let index = 2; index < columns.length; index += 1) {
    const { name, convert } = columns[index]!;
    object[name] = convert(row[index]);
  }
  return object;
}

function bound(values: readonly SqlValue[]): unknown[] {
  return values.map((value) => (typeof value === 'bigint' ? value.toString() : value));
}
