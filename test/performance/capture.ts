import type { LogRecord } from '@harvest/contracts';
import { DEFAULT_PROJECTOR_SETTINGS } from '@harvest/projections';
import { openInstallation, type Installation } from './installation';
import { createProjectorMaterial, type ProjectorMaterial } from './projector-material';
import type { PublishedRun } from './publish';

/** One statement as the store sent it: its own text, its own bytes. */
export interface CapturedStatement {
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
}

/** One transaction of the engine. */
export interface CapturedChunk {
  readonly partition: number;
  readonly statements: readonly CapturedStatement[];
}

/** As the engine cuts them. */
const { chunkRecords: CHUNK_RECORDS, chunkBytes: CHUNK_BYTES } = DEFAULT_PROJECTOR_SETTINGS;

/**
 * Runs the engine's own code (decode, evolve, store) in this process, chunk after chunk, and keeps what the store sends. A
 * partition's artifacts go before its scores.
 */
export class Capture {
  private statements: CapturedStatement[] = [];

  private constructor(
    readonly installation: Installation,
    private readonly material: ProjectorMaterial,
  ) {}

  static async open(server: string, topicPrefix: string): Promise<Capture> {
    const heard: { by: Capture | null } = { by: null };
    const installation = await openInstallation(server, topicPrefix, (name, text, values) => {
      const copies = values.map((value) => (Buffer.isBuffer(value) ? Buffer.from(value) : value));
      heard.by?.statements.push({ name, text, values: copies });
    });
    return (heard.by = new Capture(installation, await createProjectorMaterial(installation)));
  }

  async run(runs: readonly PublishedRun[]): Promise<readonly CapturedChunk[]> {
    const chunks: CapturedChunk[] = [];
    for (const { topic, partition, records } of runs) {
      for (const chunk of cut(records)) {
        this.statements = [];
        await this.material.apply({ topic, partition }, chunk);
        chunks.push({ partition, statements: this.statements });
      }
    }
    return chunks;
  }
}

function cut(records: readonly LogRecord[]): readonly (readonly LogRecord[])[] {
  const chunks: LogRecord[][] = [];
  let bytes = 0;
  for (const record of records) {
    const last = chunks.at(-1);
    const isFull = last === undefined || last.length >= CHUNK_RECORDS || bytes >= CHUNK_BYTES;
    if (isFull) chunks.push([record]);
    else last.push(record);
    bytes = (isFull ? 0 : bytes) + sizeOf(record);
  }
  return chunks;
}

const sizeOf = ({ key, value }: LogRecord): number => (key?.length ?? 0) + (value?.length ?? 0);
