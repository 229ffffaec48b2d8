import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { findProgram, run } from './processes.mjs';
import { answers } from './redis.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
export const KAFKA_VERSION = /<kafka.version>([\d.]+)</.exec(readFileSync(join(HERE, 'pom.xml'), 'utf8'))[1];
const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'signal-harvester', `kafka-${KAFKA_VERSION}`);
const LIBS = join(CACHE, 'libs');
const MINIMUM_JAVA = 17;

function javaVersion(java) {
  const shown = spawnSync(java, ['-version'], { encoding: 'utf8' });
  return Number(/version "(\d+)/.exec(`${shown.stdout}${shown.stderr}`)?.[1] ?? 0);
}

function find() {
  const java = process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin', 'java') : findProgram('java');
  if (!java || javaVersion(java) < MINIMUM_JAVA) return null;
  if (!existsSync(LIBS) && !findProgram('mvn')) return null;
  return { java, version: KAFKA_VERSION };
}

/** Fetched once into the user's cache; a fetch that was cut short leaves no `libs` behind. */
function fetch() {
  if (existsSync(LIBS)) return;
  const part = `${LIBS}.part-${process.pid}`;
  mkdirSync(CACHE, { recursive: true });
  process.stderr.write(`services: fetching Kafka ${KAFKA_VERSION} into ${LIBS} (54 MB, once)\n`);
  try {
    const args = ['-B', '-q', '-f', join(HERE, 'pom.xml'), 'dependency:copy-dependencies', `-DoutputDirectory=${part}`];
    run('mvn', args, { timeoutMs: 300_000, cwd: CACHE });
    if (!existsSync(LIBS)) renameSync(part, LIBS);
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
}

function properties(folder, [port, controller]) {
  return {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controller}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': join(folder, 'data'),
    'auto.create.topics.enable': false,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 4,
    'group.initial.rebalance.delay.ms': 0,
    'log.cleaner.dedupe.buffer.size': 16 * 1024 * 1024,
    // A restarted broker may register again only when the session of the one before has run out (default 9 s).
    'broker.session.timeout.ms': 4000,
    'broker.heartbeat.interval.ms': 500,
  };
}

const javaArgs = (heap, main, ...args) => [...heap, '-Dlog4j2.level=WARN', '-cp', join(LIBS, '*'), main, ...args];

function prepare({ folder, ports, found }) {
  mkdirSync(join(folder, 'data'), { recursive: true });
  const file = join(folder, 'server.properties');
  const lines = Object.entries(properties(folder, ports)).map(([name, value]) => `${name}=${value}`);
  writeFileSync(file, `${lines.join('\n')}\n`);
  const id = randomBytes(16).toString('base64url').slice(0, 22);
  const args = javaArgs(['-Xmx128m'], 'kafka.tools.StorageTool', 'format', '-t', `A${id.slice(1)}`, '-c', file, '--ignore-formatted');
  run(found.java, args, { cwd: folder });
}

function command({ folder, found }) {
  const heap = ['-Xms256m', '-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:+ExitOnOutOfMemoryError'];
  return { file: found.java, args: javaArgs(heap, 'kafka.Kafka', join(folder, 'server.properties')) };
}

/** An ApiVersions request (key 18, version 0); the broker answers with the same correlation id once it serves clients. */
function isReady({ ports }) {
  const request = Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 7, 0xff, 0xff]);
  return answers(ports[0], request, (data) => data.length >= 10 && data.readInt32BE(4) === 7 && data.readInt16BE(8) === 0);
}

export const kafka = {
  name: 'kafka',
  variable: 'KAFKA_BROKERS',
  portCount: 2,
  packages: ['openjdk-17-jre-headless', 'maven'],
  needs: `Java ${MINIMUM_JAVA} or newer and Maven (which fetches Kafka ${KAFKA_VERSION})`,
  readyTimeoutMs: 90_000,
  stopSignal: 'SIGTERM',
  discardSignal: 'SIGKILL',
  find,
  fetch,
  prepare,
  command,
  isReady,
  address: (ports) => `127.0.0.1:${ports[0]}`,
};
