import { topicName } from '@harvest/contracts';
import type { LogAppender, LogHeaders, RecordToAppend } from '@harvest/contracts';
import type { DeadLetter, DeadLetterStore } from '@harvest/read-models';

const LETTERS_AT_ONCE = 100;

/**
 * Sends what was set aside to the dead-letter topic, after the commit: to send it before would be a dual write. A crash in between
 * sends a letter twice, never not at all. Returns how many were sent.
 */
export async function relayDeadLetters(letters: Pick<DeadLetterStore, 'relay'>, log: LogAppender, topicPrefix: string): Promise<number> {
  const relayed = await letters.relay(LETTERS_AT_ONCE, async (batch) => {
    await log.append(batch.map((letter) => deadLetterRecord(letter, topicPrefix)));
  });
  return relayed < LETTERS_AT_ONCE ? relayed : relayed + (await relayDeadLetters(letters, log, topicPrefix));
}

/** The original key and value, the original headers under `o_…`, and where and why under `dl_…`. */
export function deadLetterRecord(letter: DeadLetter, topicPrefix: string): RecordToAppend {
  const headers: Record<string, Buffer> = {};
  for (const [name, value] of Object.entries(letter.headers)) headers[`o_${name}`] = value;
  return {
    topic: topicName(topicPrefix, 'dead-letters'),
    key: letter.key,
    value: letter.value,
    headers: { ...headers, ...reasonOf(letter) },
  };
}

function reasonOf(letter: DeadLetter): LogHeaders {
  const texts = {
    dl_reason: `${letter.code}: ${letter.reason}`,
    dl_path: letter.path,
    dl_topic: letter.topic,
    dl_partition: String(letter.partition),
    dl_offset: letter.offset.toString(),
    dl_projection: letter.projection,
    dl_time: new Date(letter.storedMs).toISOString(),
  };
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, Buffer.from(text)]));
}
