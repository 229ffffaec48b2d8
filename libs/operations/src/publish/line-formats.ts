import type { ArtifactObserved, RejectedRecord } from '@harvest/contracts';
import { demoScore, encodeEvent, isCloudEventLine, judgeCloudEvent, plainArtifactToEvent } from '@harvest/contracts';
import { HarvestError, isHarvestError } from '@harvest/kernel';
import type { NumberedLine } from './line-file';
import { MAX_LINE_BYTES } from './line-file';
import type { IngestionItem } from './publish-ingestion';

export type LineFormat = 'cloud-events' | 'plain-artifacts';

/** A line that is not published, and why. */
export interface RejectedLine {
  readonly line: number;
  /** A rejection code of the decoder, or `unknown-type`. */
  readonly code: string;
  readonly path: string;
  readonly reason: string;
}

export interface LineTarget {
  readonly ingestionId: string;
  readonly topicPrefix: string;
  /** Adds a score event, by the documented formula, to each artifact observed. */
  readonly withDemoScores: boolean;
}

/** A whole file has one format: that of its first line. */
export function detectFormat(firstLine: Buffer | null): LineFormat {
  return firstLine !== null && isCloudEventLine(firstLine) ? 'cloud-events' : 'plain-artifacts';
}

/** What a line comes to: its events, judged by the decoder, or the reason why there are none. Pure. */
export function readLine(line: NumberedLine, format: LineFormat, target: LineTarget): readonly IngestionItem[] | RejectedLine {
  const { number, bytes } = line;
  if (bytes === null)
    return { line: number, code: 'value-too-large', path: 'line', reason: `longer than ${MAX_LINE_BYTES} bytes; split or shorten it` };
  return format === 'cloud-events' ? readCloudEvent(number, bytes, target) : readPlainArtifact(number, bytes, target);
}

function readCloudEvent(number: number, bytes: Buffer, target: LineTarget): readonly IngestionItem[] | RejectedLine {
  const { decoded, record } = judgeCloudEvent(bytes, target);
  if (decoded.kind === 'rejected') return rejected(number, decoded);
  if (decoded.kind !== 'event' || record === null)
    return { line: number, code: 'unknown-type', path: 'type', reason: 'this version does not know the type; publish it with a newer one' };
  const headers = { ce_ingestionid: Buffer.from(target.ingestionId), ...record.headers };
  return [{ type: decoded.type, record: { ...record, headers } }];
}

function readPlainArtifact(number: number, bytes: Buffer, target: LineTarget): readonly IngestionItem[] | RejectedLine {
  const artifact = plainArtifactToEvent(bytes);
  if (artifact.kind === 'rejected') return rejected(number, artifact);
  try {
    return encodeArtifact(number, artifact.payload, target);
  } catch (error) {
    return rejected(number, rejectionOf(error));
  }
}

/** The ids depend on run and line only, so a run that goes on repeats events and does not invent new ones. */
function encodeArtifact(number: number, payload: ArtifactObserved, target: LineTarget): readonly IngestionItem[] {
  const { ingestionId } = target;
  const envelope = { source: 'harvest/publish', ingestionId };
  const observed = encodeEvent({ ...envelope, type: 'artifact.observed', payload, id: `${ingestionId}:${number}` }, target);
  const artifact: IngestionItem = { type: 'artifact.observed', record: observed };
  if (!target.withDemoScores) return [artifact];
  const score = encodeEvent(
    { ...envelope, type: 'score.computed', payload: demoScore(payload), id: `${ingestionId}:${number}:score` },
    target,
  );
  return [artifact, { type: 'score.computed', record: score }];
}

function rejectionOf(error: unknown): Pick<RejectedRecord, 'code' | 'path' | 'reason'> {
  if (!isHarvestError(error) || error.code !== 'event-invalid') throw error;
  const { rejection, path } = error.context;
  return { code: rejection as RejectedRecord['code'], path: String(path), reason: error.message };
}

function rejected(number: number, { code, path, reason }: Pick<RejectedRecord, 'code' | 'path' | 'reason'>): RejectedLine {
  return { line: number, code, path, reason };
}

/** @throws `scores-need-plain-artifacts`. */
export function assertScoresFit(format: LineFormat, withDemoScores: boolean): void {
  if (format === 'plain-artifacts' || !withDemoScores) return;
  throw new HarvestError({
    code: 'scores-need-plain-artifacts',
    message: 'demo scores are made for plain artifact lines; this file holds CloudEvents, which may bring scores of their own',
  });
}
