import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { isRunning } from './process-identity';

const instanceSchema = z.object({
  pid: z.number().int().positive(),
  startedAt: z.string(),
  databaseUrl: z.string(),
  topicPrefix: z.string(),
  /** Base URLs without a slash at the end; null until that listener is up. */
  apiUrl: z.string().nullable(),
  operatorUrl: z.string().nullable(),
});

/** What a running standalone process tells the other commands. Holds the database's password: readable by its owner only. */
export type Instance = z.infer<typeof instanceSchema>;

/** `<data directory>/instance.json` */
export function instancePath(dataDir: string): string {
  return join(dataDir, 'instance.json');
}

/** Atomic: a reader sees the old one or the new one. */
export function writeInstance(dataDir: string, instance: Instance): void {
  const path = instancePath(dataDir);
  const temporary = `${path}.${randomBytes(4).toString('hex')}`;
  writeFileSync(temporary, `${JSON.stringify(instance, null, 2)}\n`, { mode: 0o600 });
  renameSync(temporary, path);
}

/** Null when there is none, it cannot be read, or its process has ended (it was killed and could not remove the file). */
export function findInstance(dataDir: string): Instance | null {
  try {
    const parsed = instanceSchema.safeParse(JSON.parse(readFileSync(instancePath(dataDir), 'utf8')));
    return parsed.success && isRunning(parsed.data) ? parsed.data : null;
  } catch {
    return null;
  }
}

/** Idempotent. */
export function removeInstance(dataDir: string): void {
  rmSync(instancePath(dataDir), { force: true });
}
