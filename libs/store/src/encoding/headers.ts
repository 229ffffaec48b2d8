import type { LogHeaders } from '@harvest/contracts';

/**
 * Record headers as one bytea: count, then name and value, each led by its length in bytes (int32). Any bytes pass, which
 * neither text nor jsonb would promise.
 */
export function encodeHeaders(headers: LogHeaders): Buffer {
  const entries = Object.entries(headers);
  const parts: Buffer[] = [int32(entries.length)];
  for (const [name, value] of entries) {
    const nameBytes = Buffer.from(name);
    parts.push(int32(nameBytes.length), nameBytes, int32(value.length), value);
  }
  return Buffer.concat(parts);
}

/** @throws RangeError when the bytes were not made by `encodeHeaders`. */
export function decodeHeaders(bytes: Buffer): LogHeaders {
  const headers: Record<string, Buffer> = Object.create(null) as Record<string, Buffer>;
  let position = 4;
  const take = (): Buffer => {
    const end = position + 4 + bytes.readInt32BE(position);
    const part = bytes.subarray(position + 4, end);
    position = end;
    return part;
  };
  for (let left = bytes.readInt32BE(0); left > 0; left -= 1) {
    const name = take().toString();
    headers[name] = take();
  }
  return headers;
}

function int32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(value);
  return bytes;
}
