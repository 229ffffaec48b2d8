import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Logger } from '@harvest/observability';
import { Kafka, logLevel, type ISocketFactoryArgs, type LogEntry, type RetryOptions } from 'kafkajs';
import { installKafkajsDefences } from './kafkajs-defences';

const TCP_KEEP_ALIVE_MS = 15_000;
export const REQUEST_TIMEOUT_MS = 15_000;

export interface KafkaConnection {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly logger: Logger;
}

/** A kafkajs client whose sockets can be cut: kafkajs's own disconnect waits for a broker that may never answer. */
export interface KafkaClient {
  readonly kafka: Kafka;
  /** Ends every connection at once. Idempotent. */
  destroySockets(): void;
}

/** Opens nothing yet. One per purpose: a client shares its metadata between all it creates, and one bad topic spoils it. */
export function createKafkaClient(
  connection: KafkaConnection,
  retry: RetryOptions,
  requestTimeoutMs: number = REQUEST_TIMEOUT_MS,
): KafkaClient {
  installKafkajsDefences();
  const sockets = new Set<Socket>();
  let isCut = false;
  const kafka = new Kafka({
    brokers: [...connection.brokers],
    clientId: connection.clientId,
    connectionTimeout: 3_000,
    requestTimeout: requestTimeoutMs,
    retry,
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => forwardLog(connection.logger, entry),
    socketFactory: (target) => {
      const socket = openSocket(target);
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      if (isCut) cut(socket);
      return socket;
    },
  });
  return {
    kafka,
    destroySockets: () => {
      isCut = true;
      for (const socket of sockets) cut(socket);
    },
  };
}

/** With an error, as kafkajs does not notice a mere close and would wait for its answers until they time out. */
function cut(socket: Socket): void {
  socket.on('error', () => undefined);
  socket.destroy(new Error('this client has been closed'));
}

function openSocket({ host, port, ssl, onConnect }: ISocketFactoryArgs): Socket {
  const socket = ssl ? connectTls({ host, port, ...ssl }, onConnect) : connect({ host, port }, onConnect);
  socket.setKeepAlive(true, TCP_KEEP_ALIVE_MS);
  socket.setNoDelay(true);
  return socket;
}

/** kafkajs reports as errors what it then retries; only what reaches a caller is an error of ours. */
function forwardLog(logger: Logger, entry: LogEntry): void {
  const {
    message,
    timestamp: _timestamp,
    logger: _name,
    stack: _stack,
    ...fields
  } = entry.log as typeof entry.log & Record<string, unknown>;
  logger.warn({ ...fields, component: `kafkajs ${entry.namespace}`.trim() }, message);
}
