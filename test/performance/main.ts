import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { ApiUnderTest } from './api-under-test';
import { parseOptions, type BenchOptions, type Part } from './bench-options';
import { readArtifacts } from './facts';
import { benchComplete, benchVisible, type FreshnessOptions } from './freshness-bench';
import { fill, IngestBench, type IngestOptions } from './ingest-bench';
import { openInstallation, openLog, settleTables, type Addresses } from './installation';
import { peakRssMb } from './process-costs';
import { ProductProcess } from './product-process';
import { benchCached, benchUncached } from './reads-bench';
import { fixed, type Metric, Report } from './report';

const EXIT_MISSED = 1;
const EXIT_USAGE = 2;
const LEAST_EVENTS = 200_000;
/** Without `ingest`, what a fifth of saturation is taken to be a fifth of. */
const SATURATION = 20_000;

interface Bench {
  readonly options: BenchOptions;
  readonly addresses: Addresses;
  readonly report: Report;
}

async function run({ options, addresses, report }: Bench, artifacts: IngestOptions['artifacts']): Promise<void> {
  const { build, repository } = options;
  const topicPrefix = `bench${randomBytes(4).toString('hex')}.`;
  const log = await openLog(addresses.brokers, topicPrefix);
  const house = await openInstallation(addresses.databaseUrl, topicPrefix);
  const shared = { DATABASE_URL: house.databaseUrl, KAFKA_BROKERS: addresses.brokers, TOPIC_PREFIX: topicPrefix };
  // Frozen while its work is laid out, it must not lose its partitions.
  const env = { ...shared, HARVEST_SESSION_TIMEOUT_MS: '120000' };
  const projector = new ProductProcess({ app: 'projector', build, repository, env });
  // Lists change by completed ingestions only: a counter that moves each second would spoil what is measured between.
  const apiEnv = { ...shared, REDIS_URL: addresses.redisUrl, HARVEST_MAX_STALE_MS: '3600000' };
  const apis: ApiUnderTest[] = [];
  try {
    await projector.line('the projector consumes');
    const ingest = { server: addresses.databaseUrl, house, log, projector, artifacts, report };
    if (options.wants('ingest')) await IngestBench.run(ingest);
    else await fill(ingest);
    const saturation = report.numberOf('steady-ingest', 'rate') ?? SATURATION;
    const freshness = { house, log, brokers: addresses.brokers, artifacts, saturation };
    const parts = readParts(apis, freshness, build).filter(({ part }) => options.wants(part));
    if (parts.length === 0) return;
    await settleTables(house);
    for (let count = 0; count < 2; count += 1) apis.push(await ApiUnderTest.start({ build, repository, env: apiEnv }));
    for (const { measure } of parts) {
      // What this process collects while it waits for an answer would look like a slow one.
      globalThis.gc?.();
      report.add(await measure());
    }
    report.add(apiMemory(Math.max(...apis.map(({ process }) => peakRssMb(process.pid)))));
  } finally {
    await Promise.all([...apis, { close: () => projector.end() }].map((one) => one.close()));
    await log.close();
    await house.close();
  }
}

interface ReadPart {
  readonly part: Part;
  readonly measure: () => Promise<Metric>;
}

/** `apis` may still be empty here; the first is asked when a part is measured. */
function readParts(apis: readonly ApiUnderTest[], freshness: FreshnessOptions, build: string): readonly ReadPart[] {
  const first = () => apis[0] as ApiUnderTest;
  return [
    { part: 'cached', measure: () => benchCached(first(), build) },
    { part: 'uncached', measure: () => benchUncached(first(), freshness.house) },
    { part: 'visible', measure: () => benchVisible(first(), freshness) },
    { part: 'complete', measure: () => benchComplete(apis, freshness) },
  ];
}

function apiMemory(peakMib: number): Metric {
  const figure = `${fixed(peakMib, 0)} MiB`;
  return {
    name: 'api-memory',
    figure,
    spread: 'peak RSS',
    ratio: '',
    must: '≤ 200 MiB',
    met: peakMib > 0 && peakMib <= 200,
    numbers: { peakMib },
  };
}

async function main(): Promise<number> {
  let options: BenchOptions;
  try {
    options = parseOptions(process.argv.slice(2));
  } catch (error) {
    return usage((error as Error).message);
  }
  const report = new Report();
  const artifacts = await readArtifacts(options.dataFolder, options.artifacts);
  if (artifacts === null) return usage(`no data: ${options.dataFolder} holds no *.ndjson.gz; give the folder by --data DIR`);
  const events = artifacts.length * 2;
  report.progress(`${artifacts.length} artifacts, ${events} events`);
  if (events < LEAST_EVENTS) report.progress(`fewer than ${LEAST_EVENTS} events: figures are rough`);
  const { DATABASE_URL: databaseUrl = '', REDIS_URL: redisUrl = '', KAFKA_BROKERS: brokers = '' } = process.env;
  await run({ options, report, addresses: { databaseUrl, redisUrl, brokers } }, artifacts);
  return report.finish(options.jsonFile) ? 0 : EXIT_MISSED;
}

function usage(problem: string): number {
  process.stderr.write(`${problem}\n`);
  return EXIT_USAGE;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${inspect(error)}\n`);
    process.exit(EXIT_MISSED);
  },
);
