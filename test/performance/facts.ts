import { createReadStream, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { demoScore, encodeEvent, plainArtifactToEvent, type ArtifactObserved, type RecordToAppend } from '@harvest/contracts';

const ENDING = '.ndjson.gz';
/** All facts are of this time, so that both times they are published they are the same. */
const TIME = '2026-01-01T00:00:00Z';

/** The data set's artifacts in the order of its files; null when the folder holds none. */
export async function readArtifacts(folder: string, limit: number): Promise<readonly ArtifactObserved[] | null> {
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(ENDING)) : [];
  if (files.length === 0) return null;
  const artifacts: ArtifactObserved[] = [];
  for (const file of files.sort()) await readFile(join(folder, file), artifacts);
  return artifacts.slice(0, limit);
}

async function readFile(path: string, into: ArtifactObserved[]): Promise<void> {
  const lines = createInterface({ input: createReadStream(path).pipe(createGunzip()), crlfDelay: Infinity });
  for await (const line of lines) {
    const read = plainArtifactToEvent(Buffer.from(line));
    if (read.kind === 'artifact') into.push(read.payload);
  }
}

/** Each artifact and its score, one after the other. */
export function factsOf(artifacts: readonly ArtifactObserved[], topicPrefix: string): readonly RecordToAppend[] {
  const records: RecordToAppend[] = [];
  for (const payload of artifacts) {
    const about = { source: 'bench', time: TIME, id: payload.artifactId };
    records.push(encodeEvent({ type: 'artifact.observed', payload, ...about }, { topicPrefix }));
    records.push(encodeEvent({ type: 'score.computed', payload: demoScore(payload), ...about, id: `s:${about.id}` }, { topicPrefix }));
  }
  return records;
}

/** Scores that differ from those before in every component. */
export function rescoresOf(artifacts: readonly ArtifactObserved[], round: number, topicPrefix: string): readonly RecordToAppend[] {
  const moved = (value: number) => Math.round(((value + 7.7 * round) % 100) * 10_000) / 10_000;
  return artifacts.map((artifact) => {
    const score = demoScore(artifact);
    const payload = {
      ...score,
      discoveryScore: moved(score.discoveryScore),
      novelty: moved(score.novelty ?? 0),
      emergence: moved(score.emergence ?? 0),
      obscurity: moved(score.obscurity ?? 0),
    };
    return encodeEvent(
      { type: 'score.computed', payload, source: 'bench', time: TIME, id: `r${round}:${artifact.artifactId}` },
      { topicPrefix },
    );
  });
}
