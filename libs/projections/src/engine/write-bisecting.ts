import { isHarvestError } from '@harvest/kernel';
import type { ApplyOutcome, OutcomeCounts } from '@harvest/read-models';
import { poisonAll, PROJECTION_OF, sliceRecords } from './decoded-records';
import type { DecodedRecords } from './decoded-records';

/** A part of a unit that has been written, with what became of its records; null where nobody knows (a lost acknowledgement). */
export interface WrittenPart {
  readonly outcomes: OutcomeCounts | null;
  readonly parkedKeys: number | null;
}

/** Errors that one record of the chunk has caused and always will. */
const DATA_ERRORS = new Set(['store-data-error', 'projection-error']);

export interface PartWriter {
  /** One transaction over records [from, to) of the unit; `decoded` are these records. */
  write(decoded: DecodedRecords, from: number, to: number): Promise<ApplyOutcome>;
  /** Records up to `to` are committed. */
  written(part: WrittenPart, to: number): Promise<void>;
}

/**
 * Writes a unit; a data error is isolated by bisecting, so that the one record that can never be stored becomes a dead letter and all
 * others go on. Rejects with what is not a data error.
 */
export async function writeBisecting(decoded: DecodedRecords, writer: PartWriter): Promise<'written' | 'fenced'> {
  return writeRange({ decoded, from: 0, to: decoded.records.length }, writer);
}

interface Range {
  /** Of [from, to) only. */
  readonly decoded: DecodedRecords;
  readonly from: number;
  readonly to: number;
}

async function writeRange(range: Range, writer: PartWriter): Promise<'written' | 'fenced'> {
  try {
    return await settle(await writer.write(range.decoded, range.from, range.to), range, writer);
  } catch (error) {
    if (!isHarvestError(error) || !DATA_ERRORS.has(error.code)) throw error;
    if (range.to - range.from > 1) return writeHalves(range, writer);
    const projection = PROJECTION_OF[range.decoded.family] ?? 'decode';
    const poison = { code: error.code, path: 'value', reason: error.message.slice(0, 500), projection };
    const aside = poisonAll(range.decoded, poison);
    return settle(await writer.write(aside, range.from, range.to), range, writer);
  }
}

async function writeHalves({ decoded, from, to }: Range, writer: PartWriter): Promise<'written' | 'fenced'> {
  const middle = (from + to) >>> 1;
  const first = await writeRange({ decoded: sliceRecords(decoded, 0, middle - from), from, to: middle }, writer);
  if (first === 'fenced') return first;
  return writeRange({ decoded: sliceRecords(decoded, middle - from, to - from), from: middle, to }, writer);
}

async function settle(outcome: ApplyOutcome, range: Range, writer: PartWriter): Promise<'written' | 'fenced'> {
  if (outcome.kind === 'fenced') return 'fenced';
  const known = outcome.kind === 'applied';
  await writer.written({ outcomes: known ? outcome.outcomes : null, parkedKeys: known ? outcome.parkedKeys : null }, range.to);
  return 'written';
}
