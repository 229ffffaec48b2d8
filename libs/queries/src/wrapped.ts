/** An answer's bytes: what Postgres has made, between two texts of ours. */
export function wrapped(before: string, made: Buffer | null, after: string): Buffer {
  const parts = [Buffer.from(before), Buffer.from(after)];
  return Buffer.concat(made === null ? parts : [parts[0]!, made, parts[1]!]);
}
