import { eventName } from '../decode/event-name';
import { EVENT_TYPES, type EventType } from '../events/event-types';
import { MAX_ID_BYTES } from '../events/primitives';
import { DEFAULT_PARTITIONS, DEFAULT_TOPIC_PREFIX, TOPIC_FAMILIES, type TopicFamily, topicName } from '../log/topics';
import { EVENT_DESCRIPTIONS, TOPIC_DESCRIPTIONS } from './event-descriptions';
import { ALL_EVENT_TYPES, eventSchema, type JsonSchema } from './event-schemas';

type Node = Readonly<Record<string, unknown>>;

const TOMBSTONE = 'artifact.tombstone';
const DEAD_LETTER = 'dead-letter';
const BINDING_VERSION = '0.5.0';
const text = (description: string): JsonSchema => ({ type: 'string', description });

/** All topics, keys, types and dead letters as an AsyncAPI 3 document. Deterministic. */
export function createAsyncApiDocument(): Node {
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Signal Harvester events',
      version: '1.0.0',
      description:
        'CloudEvents 1.0 over Kafka, binary (described here) or structured (`content-type: application/cloudevents+json`). ' +
        `The prefix of the topics, \`${DEFAULT_TOPIC_PREFIX}\` here, is configurable. Producers partition by murmur2 of the key.`,
    },
    defaultContentType: 'application/json',
    channels: { ...Object.fromEntries(TOPIC_FAMILIES.map((family) => [family, channelOf(family)])), 'dead-letters': deadLetterChannel() },
    operations: {
      ...Object.fromEntries(TOPIC_FAMILIES.map((family) => [`receive-${family}`, operationOf('receive', family)])),
      'send-dead-letters': operationOf('send', 'dead-letters'),
    },
    components: { messages: messages(), schemas: schemas() },
  };
}

function channelOf(family: TopicFamily): Node {
  const types: string[] = ALL_EVENT_TYPES.filter((type) => EVENT_TYPES[type].family === family);
  const names = family === 'artifacts' ? [...types, TOMBSTONE] : types;
  return channel(topicName(DEFAULT_TOPIC_PREFIX, family), TOPIC_DESCRIPTIONS[family], names);
}

function deadLetterChannel(): Node {
  const description = 'Records that can never be projected as they are, written by the projector: the original bytes and why.';
  return channel(topicName(DEFAULT_TOPIC_PREFIX, 'dead-letters'), description, [DEAD_LETTER]);
}

function channel(address: string, description: string, names: readonly string[]): Node {
  return {
    address,
    description,
    messages: Object.fromEntries(names.map((name) => [name, reference('messages', name)])),
    bindings: {
      kafka: {
        partitions: DEFAULT_PARTITIONS,
        topicConfiguration: { 'cleanup.policy': ['delete'], 'retention.ms': -1 },
        bindingVersion: BINDING_VERSION,
      },
    },
  };
}

function operationOf(action: 'receive' | 'send', channelName: string): Node {
  return { action, channel: { $ref: `#/channels/${channelName}` } };
}

function messages(): Node {
  return {
    ...Object.fromEntries(ALL_EVENT_TYPES.map((type) => [type, messageOf(type)])),
    [TOMBSTONE]: {
      title: 'tombstone',
      summary: 'A null value deletes the artifact.',
      payload: { type: 'null' },
      bindings: keyedBy('artifactId'),
    },
    [DEAD_LETTER]: {
      title: 'dead letter',
      summary: 'The original key and value; the original headers under `o_…`.',
      headers: reference('schemas', 'dead-letter-headers'),
      payload: { description: 'The original bytes, whatever they are.' },
      bindings: keyedBy('the original key'),
    },
  };
}

function messageOf(type: EventType): Node {
  return {
    name: eventName(type),
    title: type,
    summary: EVENT_DESCRIPTIONS[type],
    contentType: 'application/json',
    headers: {
      allOf: [
        reference('schemas', 'cloud-event-headers'),
        { type: 'object', properties: { ce_type: { type: 'string', const: eventName(type) } } },
      ],
    },
    payload: reference('schemas', type),
    bindings: keyedBy(EVENT_TYPES[type].subjectField),
  };
}

function keyedBy(field: string): Node {
  const key = { type: 'string', minLength: 1, maxLength: MAX_ID_BYTES, description: `UTF-8, at most ${MAX_ID_BYTES} bytes: ${field}` };
  return { kafka: { key, bindingVersion: BINDING_VERSION } };
}

function schemas(): Node {
  return {
    'cloud-event-headers': CLOUD_EVENT_HEADERS,
    'dead-letter-headers': DEAD_LETTER_HEADERS,
    ...Object.fromEntries(ALL_EVENT_TYPES.map((type) => [type, eventSchema(type, 'draft-7')])),
  };
}

const CLOUD_EVENT_HEADERS: JsonSchema = {
  type: 'object',
  required: ['ce_specversion', 'ce_type', 'ce_id', 'ce_source'],
  properties: {
    'content-type': text('application/json, or absent'),
    ce_specversion: { type: 'string', const: '1.0' },
    ce_type: text('harvester.<type>.v<version>'),
    ce_id: { ...text('with ce_source the identity of the event'), minLength: 1, maxLength: MAX_ID_BYTES },
    ce_source: { ...text('who produced it'), minLength: 1, maxLength: MAX_ID_BYTES },
    ce_subject: text('equal to the key; may be absent'),
    ce_time: { ...text('when it happened; for display and time buckets, never for ordering'), format: 'date-time' },
    ce_ingestionid: text('the run of an ingester that produced it'),
    ce_sequence: { ...text('the version of the half of the subject that this type writes: 0 to 2^53 - 1'), pattern: '^[0-9]+$' },
    ce_traceparent: text('W3C trace context'),
  },
};

const DEAD_LETTER_HEADERS: JsonSchema = {
  type: 'object',
  required: ['dl_reason', 'dl_path', 'dl_topic', 'dl_partition', 'dl_offset', 'dl_projection', 'dl_time'],
  properties: {
    dl_reason: text('the code and what to do'),
    dl_path: text('where in the record'),
    dl_topic: text('where it stood'),
    dl_partition: text('where it stood'),
    dl_offset: text('where it stood'),
    dl_projection: text('what could not take it, or decode'),
    dl_time: { ...text('when it was set aside'), format: 'date-time' },
  },
};

function reference(group: 'messages' | 'schemas', name: string): Node {
  return { $ref: `#/components/${group}/${name}` };
}
