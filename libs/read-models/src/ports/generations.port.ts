import type { GenerationRef } from './projection-store.port';

/** A definition as a generation runs it. */
export interface DefinitionVersion {
  readonly name: string;
  readonly version: number;
  /** Of the definition's code; changed code under an unchanged version is refused at start. */
  readonly fingerprint: string;
}

export interface Generation extends GenerationRef {
  readonly state: 'live' | 'building' | 'retired';
  readonly active: boolean;
  readonly definitions: readonly DefinitionVersion[];
  readonly createdMs: number;
}

export interface GenerationStore {
  /** Identifies this installation in consumer groups: two on one cluster must not share one. Made once, at the first migration. */
  installationId(): Promise<string>;
  list(): Promise<readonly Generation[]>;
  active(): Promise<Generation>;
  /** The first generation, made when there is none; else the active one. Safe from many processes at once. */
  ensureFirst(definitions: readonly DefinitionVersion[]): Promise<Generation>;
  /** Creates the schema and its tables; the first one becomes active. Rejects with `generation-limit` beyond two live ones. */
  create(definitions: readonly DefinitionVersion[]): Promise<Generation>;
  /**
   * Moves the pointer, under locks, once the new generation stands nowhere behind the old one (waits ≤ `waitMs`), and moves all
   * cache counters in the same transaction. Rejects with `generation-behind`, `generation-unknown`, `generation-retired`.
   */
  activate(generation: number, waitMs: number): Promise<void>;
  /** Drops the schema. Rejects with `generation-active`. */
  retire(generation: number): Promise<void>;
  /** Records new fingerprints for a generation: the documented way out of `definition-changed`. */
  acceptDefinitions(generation: number, definitions: readonly DefinitionVersion[]): Promise<void>;
}
