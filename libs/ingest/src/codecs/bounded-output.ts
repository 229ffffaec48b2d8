import { HarvestError } from '@harvest/kernel';

/** Compressed bytes that would become more than we are willing to hold. Never retriable: the bytes will not shrink. */
export function outputTooLarge(codec: string, maxOutputBytes: number): HarvestError {
  return new HarvestError({
    code: 'codec-output-too-large',
    message: `a ${codec} batch expands to more than ${maxOutputBytes} bytes; send smaller batches, or values below 1 MiB`,
    context: { codec, maxOutputBytes },
  });
}

export function corruptInput(codec: string, detail: string, cause?: unknown): HarvestError {
  return new HarvestError({
    code: 'codec-input-corrupt',
    message: `a ${codec} batch cannot be decompressed (${detail}); the log's copy is damaged or its producer is broken`,
    cause,
    context: { codec },
  });
}

/** Grows by doubling up to a bound; what a decoder writes it can also copy from, as LZ77 formats do. */
export class BoundedOutput {
  private buffer: Buffer;
  private length = 0;

  constructor(
    private readonly codec: string,
    private readonly maxBytes: number,
    initialBytes: number,
  ) {
    this.buffer = Buffer.allocUnsafeSlow(Math.max(1, Math.min(initialBytes, maxBytes)));
  }

  append(source: Buffer, from: number, length: number): void {
    if (length < 0 || from + length > source.length) throw corruptInput(this.codec, 'literal beyond the input');
    this.reserve(length);
    source.copy(this.buffer, this.length, from, from + length);
    this.length += length;
  }

  /** Repeats `length` bytes from `distance` back; the ranges may overlap. */
  repeat(distance: number, length: number): void {
    if (distance < 1 || distance > this.length) throw corruptInput(this.codec, 'copy from before the output');
    this.reserve(length);
    let written = 0;
    while (written < length) {
      const run = Math.min(length - written, distance + written);
      this.buffer.copyWithin(this.length + written, this.length - distance, this.length - distance + run);
      written += run;
    }
    this.length += length;
  }

  bytes(): Buffer {
    return this.buffer.subarray(0, this.length);
  }

  private reserve(length: number): void {
    const needed = this.length + length;
    if (needed > this.maxBytes) throw outputTooLarge(this.codec, this.maxBytes);
    if (needed <= this.buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.min(this.maxBytes, Math.max(needed, this.buffer.length * 2)));
    this.buffer.copy(grown, 0, 0, this.length);
    this.buffer = grown;
  }
}
