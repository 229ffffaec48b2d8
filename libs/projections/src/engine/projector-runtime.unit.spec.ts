import type { EventLog, LogConsumer } from '@harvest/contracts';
import { toOffset } from '@harvest/kernel';
import { createMetrics, silentLogger } from '@harvest/observability';
import type { Generation } from '@harvest/read-models';
import { MemoryProjectionStore } from '@harvest/testing';
import { currentDefinitions } from '../definitions/current-definitions';
import { createProjectorRuntime } from './projector-runtime';
import type { ProjectorPorts, ProjectorRuntime } from './projector-runtime';

const nothing = () => Promise.resolve();
const generationOf = (generation: number): Generation => ({
  ...{ generation, schema: `read_${generation}`, definitions: currentDefinitions() },
  ...{ state: 'live', active: generation === 1, createdMs: 0 },
});

/** A projector on a log and a store that answer until they are told to be silent. */
class Bench {
  readonly metrics = createMetrics();
  generations = [generationOf(1), generationOf(2)];
  silent: 'log' | 'store' | null = null;
  polledMs = Date.now();
  readonly runtime: ProjectorRuntime;

  constructor() {
    const { metrics } = this;
    const settings = { owner: 'me', sampleMs: 5, sweepMs: 5 };
    const surroundings = { topicPrefix: 's.', settings, logger: silentLogger, metrics, onCrash: () => undefined };
    this.runtime = createProjectorRuntime({ log: this.log(), ports: this.ports(), ...surroundings });
  }

  async gauge(name: string): Promise<readonly string[]> {
    return (await this.metrics.registry.getSingleMetricAsString(name)).split('\n').filter((line) => !line.startsWith('#'));
  }

  async pollAge(): Promise<number> {
    return Number((await this.gauge('harvest_last_poll_age_seconds'))[0]?.split(' ')[1]);
  }

  private log(): EventLog {
    const consumer: Partial<LogConsumer> = { start: nothing, stop: nothing, lastPollMs: () => this.polledMs };
    const range = (topic: string) => ({ topic, partition: 0, startOffset: toOffset(0), endOffset: toOffset(3) });
    const log: Partial<EventLog> = {
      describeTopics: (topics) => Promise.resolve(topics.map((topic) => ({ topic, partitions: 1, retentionMs: -1 }))),
      ranges: (topics) => this.unlessSilent('log', topics.map(range)),
      createConsumer: () => consumer as LogConsumer,
    };
    return log as EventLog;
  }

  private ports(): ProjectorPorts {
    const ports: { readonly [K in keyof ProjectorPorts]: Partial<ProjectorPorts[K]> } = {
      projections: new MemoryProjectionStore(),
      generations: { installationId: () => Promise.resolve('i'), list: () => Promise.resolve(this.generations) },
      barrier: { decide: () => Promise.resolve([]), pending: () => Promise.resolve([]) },
      staleness: { nowMs: () => this.unlessSilent('store', 0), recordEnds: nothing },
      deadLetters: { relay: () => Promise.resolve(0) },
      changes: { subscribe: () => Promise.resolve(nothing) },
    };
    return ports as ProjectorPorts;
  }

  private unlessSilent<T>(who: 'log' | 'store', answer: T): Promise<T> {
    return this.silent === who ? new Promise<never>(() => undefined) : Promise.resolve(answer);
  }
}

let bench: Bench;
afterEach(() => bench.runtime.stop(50));

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 400; turn += 1) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error('not within 2 s');
}

describe('what the projector tells of itself', () => {
  it.each(['log', 'store'] as const)('the age of its last poll goes on growing while the %s is silent', async (silent) => {
    bench = new Bench();
    await bench.runtime.start();
    await until(async () => (await bench.gauge('harvest_lag_records')).length > 0);
    bench.silent = silent;
    await new Promise((resolve) => setTimeout(resolve, 20));
    bench.polledMs = Date.now() - 60_000;
    await until(async () => (await bench.pollAge()) >= 60);
    expect(await bench.pollAge()).toBeLessThan(70);
  });

  it('a generation that was retired is not told of any more', async () => {
    bench = new Bench();
    await bench.runtime.start();
    const generationsTold = async () =>
      new Set((await bench.gauge('harvest_lag_records')).map((line) => /generation="(\d)"/.exec(line)?.[1]));
    await until(async () => (await generationsTold()).size === 2);
    bench.generations = [generationOf(1)];
    await until(async () => (await generationsTold()).size === 1);
    expect(await generationsTold()).toEqual(new Set(['1']));
  });
});
