import { HarvestError, systemClock } from '@harvest/kernel';
import { CACHE_SCOPES, type DefinitionVersion, type Generation, type GenerationStore } from '@harvest/read-models';
import { ask, askRead, transact, type TransactionOptions } from '../connection/transact';
import type { WriteTransaction } from '../connection/write-transaction';
import { sendMoveCounters } from '../freshness/counters';
import { NOTIFY_STATEMENT, generationPayload } from '../freshness/notices';
import { createGenerationSchema, schemaOf } from '../tables/generation-schema';
import { GENERATION_STATEMENTS as SQL, RETIRED_TABLES } from './generation-statements';

const MAX_LIVING = 2;
const CATCH_UP_POLL_MS = 20;

export class PostgresGenerationStore implements GenerationStore {
  constructor(private readonly options: TransactionOptions) {}

  async installationId(): Promise<string> {
    return (await askRead(this.options, SQL.installationId)).rows[0]![0] as string;
  }

  async list(): Promise<readonly Generation[]> {
    return (await askRead(this.options, SQL.list)).rows.map(decodeGeneration);
  }

  async active(): Promise<Generation> {
    const row = (await askRead(this.options, SQL.active)).rows[0];
    if (row === undefined) throw noActiveGeneration();
    return decodeGeneration(row);
  }

  create(definitions: readonly DefinitionVersion[]): Promise<Generation> {
    return transact(this.options, 'creating a generation', async (transaction) => {
      await ask(transaction, SQL.lock);
      return this.createLocked(transaction, definitions);
    });
  }

  /** The first generation, made when there is none; else the active one. Safe from many processes at once. */
  ensureFirst(definitions: readonly DefinitionVersion[]): Promise<Generation> {
    return transact(this.options, 'ensuring the first generation', async (transaction) => {
      await ask(transaction, SQL.lock);
      const row = (await ask(transaction, SQL.active)).rows[0];
      return row === undefined ? this.createLocked(transaction, definitions) : decodeGeneration(row);
    });
  }

  /** Waiting for the new generation happens with the old one's checkpoints held, so that it ends. */
  activate(generation: number, waitMs: number): Promise<void> {
    return transact(this.options, 'activating a generation', async (transaction) => {
      await ask(transaction, SQL.lock);
      const target = await this.living(transaction, generation);
      if (target.active) return;
      const active = (await ask(transaction, SQL.lockPointer)).rows[0]![0] as number;
      await ask(transaction, SQL.lockCheckpoints, [active]);
      await this.awaitCaughtUp(transaction, { active, generation, waitMs });
      await ask(transaction, SQL.lockCheckpoints, [generation]);
      transaction.put(SQL.setState, [generation, 'live']);
      transaction.put(SQL.point, [generation]);
      void sendMoveCounters(transaction, CACHE_SCOPES);
      transaction.put(NOTIFY_STATEMENT, [generationPayload(generation)]);
    });
  }

  retire(generation: number): Promise<void> {
    return transact(this.options, 'retiring a generation', async (transaction) => {
      await ask(transaction, SQL.lock);
      const target = await this.living(transaction, generation);
      if (target.active)
        throw new HarvestError({ code: 'generation-active', message: `generation ${generation} answers: activate another one first` });
      await ask(transaction, SQL.setState, [generation, 'retired']);
      await ask(transaction, { name: '', text: `DROP SCHEMA ${schemaOf(generation)} CASCADE` });
      for (const table of RETIRED_TABLES) {
        const text = `DELETE FROM harvest.${table} WHERE generation = $1::int4`;
        transaction.put({ name: `generation_retire_${table}`, text }, [generation]);
      }
    });
  }

  acceptDefinitions(generation: number, definitions: readonly DefinitionVersion[]): Promise<void> {
    return transact(this.options, 'accepting definitions', async (transaction) => {
      await ask(transaction, SQL.lock);
      await this.living(transaction, generation);
      await ask(transaction, SQL.setDefinitions, [generation, JSON.stringify(definitions)]);
    });
  }

  private async createLocked(transaction: WriteTransaction, definitions: readonly DefinitionVersion[]): Promise<Generation> {
    const existing = (await ask(transaction, SQL.list)).rows.map(decodeGeneration);
    const living = existing.filter(({ state }) => state !== 'retired');
    if (living.length >= MAX_LIVING)
      throw new HarvestError({
        code: 'generation-limit',
        message: `${living.length} generations live already (${living.map((it) => it.generation).join(', ')}): retire one first`,
      });
    const generation = Math.max(0, ...existing.map((it) => it.generation)) + 1;
    const first = !existing.some(({ active }) => active);
    await ask(transaction, SQL.insert, [generation, first ? 'live' : 'building', JSON.stringify(definitions)]);
    for (const text of createGenerationSchema(schemaOf(generation))) transaction.put({ name: '', text });
    if (first) {
      transaction.put(SQL.point, [generation]);
      transaction.put(NOTIFY_STATEMENT, [generationPayload(generation)]);
    }
    await transaction.land('creating the tables of a generation');
    return decodeGeneration((await ask(transaction, SQL.find, [generation])).rows[0]!);
  }

  private async living(transaction: WriteTransaction, generation: number): Promise<Generation> {
    const row = (await ask(transaction, SQL.find, [generation])).rows[0];
    if (row === undefined) throw new HarvestError({ code: 'generation-unknown', message: `there is no generation ${generation}` });
    const found = decodeGeneration(row);
    if (found.state !== 'retired') return found;
    throw new HarvestError({ code: 'generation-retired', message: `generation ${generation} is retired; its tables are gone` });
  }

  private async awaitCaughtUp(transaction: WriteTransaction, wait: { active: number; generation: number; waitMs: number }): Promise<void> {
    const deadline = Date.now() + wait.waitMs;
    for (;;) {
      const behind = (await ask(transaction, SQL.countBehind, [wait.active, wait.generation])).rows[0]![0] as number;
      if (behind === 0) return;
      if (Date.now() >= deadline)
        throw new HarvestError({
          code: 'generation-behind',
          retriable: true,
          message: `generation ${wait.generation} is behind ${wait.active} in ${behind} partition(s) after ${wait.waitMs} ms: let it catch up first`,
        });
      await systemClock.sleep(CATCH_UP_POLL_MS);
    }
  }
}

export function noActiveGeneration(): HarvestError {
  return new HarvestError({
    code: 'generation-missing',
    retriable: true,
    message: 'no generation answers yet: start a projector, which creates the first one',
  });
}

function decodeGeneration(row: readonly unknown[]): Generation {
  const [generation, state, definitions, createdMs, active] = row as [number, Generation['state'], string, string, boolean];
  return {
    generation,
    schema: schemaOf(generation),
    state,
    active,
    definitions: JSON.parse(definitions) as DefinitionVersion[],
    createdMs: Number(createdMs),
  };
}
