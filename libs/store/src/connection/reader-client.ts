import { Client, type ClientConfig, types as pgTypes } from 'pg';
import { type MessageCallback, Parser } from 'pg-protocol/dist/parser';

/** Shorter values are cheaper as strings. In bytes. */
const LONG_VALUE = 2_048;

/** What pg's parser reads fields with. */
interface FieldReader {
  buffer: Buffer;
  offset: number;
  string(length: number): string | Buffer;
}

/** What a pg client talks through. */
interface Connection {
  attachListeners(stream: NodeJS.ReadableStream): void;
  emit(name: string, message: unknown): boolean;
}

type Parse = (value: string) => unknown;

/** What parses values that may have come as bytes; a query that wants the bytes brings parsers of its own. */
export const parserOfText = (oid: number) => {
  const parse = pgTypes.getTypeParser(oid) as Parse;
  return (value: string | Buffer) => parse(textOf(value));
};
const TYPES = { getTypeParser: parserOfText } as unknown as typeof pgTypes;

/**
 * A client whose long values come as the bytes they are, copied out of what the socket brought. An answer's items pass through Node as
 * bytes only: as a string of 25 to 50 kB they are decoded, encoded again, and end as garbage of the old generation. Measured: a full
 * collection after every 160 lists, 30 ms of the thread's time in each (docs/decisions, 12).
 */
export class ReaderClient extends Client {
  constructor(config: ClientConfig = {}) {
    super({ ...config, types: TYPES });
    const { connection } = this as unknown as { readonly connection: Connection };
    connection.attachListeners = (stream) => {
      const parser = new Parser();
      readLongValuesAsBytes((parser as unknown as { readonly reader: FieldReader }).reader);
      const hear: MessageCallback = (message) => connection.emit(message.name === 'error' ? 'errorMessage' : message.name, message);
      stream.on('data', (bytes: Buffer) => parser.parse(bytes, hear));
    };
  }
}

function readLongValuesAsBytes(reader: FieldReader): void {
  const readString = reader.string.bind(reader);
  reader.string = (length) => {
    if (length < LONG_VALUE) return readString(length);
    const bytes = Buffer.from(reader.buffer.subarray(reader.offset, reader.offset + length));
    reader.offset += length;
    return bytes;
  };
}

/** A value of a `ReaderClient`, long or short. */
export function textOf(value: string | Buffer): string {
  return typeof value === 'string' ? value : value.toString();
}
