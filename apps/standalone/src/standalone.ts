import { mkdirSync } from 'node:fs';
import type { Config } from '@harvest/config';
import { HarvestError, systemClock } from '@harvest/kernel';
import { collectProcessMetrics, createMetrics, HealthRegistry } from '@harvest/observability';
import type { Logger } from '@harvest/observability';
import { createIngestionHistory, identifyProcess, removeInstance, writeInstance } from '@harvest/operations';
import { createProfiling } from '@harvest/profiling';
import { startProjector } from '../../projector/src/projector.module';
import { describeReady } from './banner';
import { lockDataDir } from './data-dir-lock';
import { FillProgress } from './fill-progress';
import { FirstFill, settleFillPlan } from './first-fill';
import { openListeners } from './listeners';
import { Shutdown } from './shutdown';
import type { StandaloneOptions } from './standalone-options';
import { makeEmbeddedPostgres } from './standalone-postgres';
import type { Rooms, Surroundings } from './standalone-rooms';
import { openRooms, processOwner } from './standalone-rooms';

export interface StandaloneSurroundings {
  readonly config: Config;
  readonly logger: Logger;
  /** For the person who started it: a line on standard output. */
  readonly say: (line: string) => void;
  /** Something ended that must not: the process has to end too. */
  readonly fail: (error: Error) => void;
}

/** Everything in one process on embedded services. */
export class Standalone {
  private readonly shutdown: Shutdown;
  private readonly stopping = new AbortController();
  private readonly surroundings: Surroundings;

  constructor(
    private readonly options: StandaloneOptions,
    private readonly outside: StandaloneSurroundings,
  ) {
    const { config, logger } = outside;
    this.shutdown = new Shutdown(logger);
    const profiling = createProfiling({ slowQueries: config.slowQueries, logger });
    this.shutdown.add({ step: 'last', name: 'the profilers', close: () => profiling.close() });
    this.surroundings = { config, logger, metrics: createMetrics(), health: new HealthRegistry(), profiling };
  }

  /** Resolves when it is ready: the sample stream, if it fills itself, is in the answers. @throws what hinders the start. */
  async start(): Promise<void> {
    const { config, say } = this.outside;
    collectProcessMetrics(this.surroundings.metrics);
    const databaseUrl = await this.startPostgres();
    const { seed, artifacts, empty } = this.options;
    const sample = settleFillPlan(config.dataDir, empty ? null : { seed, artifacts });
    const rooms = await this.open(databaseUrl);
    const fill = this.makeFill(rooms, sample);
    const { apiUrl, operatorUrl } = await this.listen(rooms, databaseUrl);
    await fill.run(this.stopping.signal);
    say(await describeReady({ apiUrl, operatorUrl }));
  }

  /** Ends everything in order, within 5 s, whatever hangs. Idempotent, never rejects. */
  async stop(): Promise<void> {
    this.stopping.abort(new HarvestError({ code: 'stopping', message: 'the process ends' }));
    this.surroundings.health.startDraining();
    await this.shutdown.run();
  }

  private async startPostgres(): Promise<string> {
    const { config, logger, say, fail } = this.outside;
    mkdirSync(config.dataDir, { recursive: true });
    const unlock = await lockDataDir(config.dataDir);
    this.shutdown.add({ step: 'last', name: 'the lock', close: unlock });
    const postgres = makeEmbeddedPostgres(config.dataDir, logger, say);
    this.shutdown.add({ step: 'postgres', name: 'Postgres', close: (withinMs) => postgres.stop(withinMs) });
    const url = await postgres.start();
    void postgres.keepRunning(this.stopping.signal).catch(fail);
    return url;
  }

  private async open(databaseUrl: string): Promise<Rooms> {
    const rooms = await openRooms(databaseUrl, this.surroundings);
    this.shutdown.add({ step: 'rooms', name: 'the cache', close: () => rooms.cache.stop() });
    this.shutdown.add({ step: 'rooms', name: 'the log', close: () => rooms.log.close() });
    this.shutdown.add({ step: 'rooms', name: 'the store', close: () => rooms.store.close() });
    return rooms;
  }

  private makeFill({ log, queries }: Rooms, sample: ReturnType<typeof settleFillPlan>): FirstFill {
    const { config, logger, say } = this.outside;
    const ports = { log, history: createIngestionHistory(queries), clock: systemClock, progress: new FillProgress(say), logger };
    const fill = new FirstFill(ports, { sample, topicPrefix: config.topics.prefix });
    this.surroundings.health.register({ name: 'first-fill', need: 'startup', check: () => fill.check() });
    return fill;
  }

  private async listen(rooms: Rooms, databaseUrl: string): Promise<{ readonly apiUrl: string; readonly operatorUrl: string }> {
    const { config, logger, fail } = this.outside;
    const { dataDir, topics, projector: settings } = config;
    const self = identifyProcess(process.pid) ?? { pid: process.pid, startedAt: '' };
    const announce = (urls: { apiUrl: string | null; operatorUrl: string | null }) =>
      writeInstance(dataDir, { ...self, databaseUrl, topicPrefix: topics.prefix, ...urls });
    announce({ apiUrl: null, operatorUrl: null });
    this.shutdown.add({ step: 'last', name: 'instance.json', close: () => Promise.resolve(removeInstance(dataDir)) });
    const projector = await startProjector({
      ...this.surroundings,
      log: rooms.log,
      ports: rooms.store,
      topicPrefix: topics.prefix,
      settings: { ...settings, owner: processOwner() },
      faults: rooms.faults,
      onCrash: fail,
    });
    this.shutdown.add({ step: 'work', name: 'the projector', close: () => projector.close() });
    await rooms.cache.start();
    const listeners = await openListeners(rooms, this.surroundings);
    this.shutdown.add({ step: 'work', name: 'the listeners', close: () => listeners.close() });
    announce(listeners);
    logger.info({ api: listeners.apiUrl, operators: listeners.operatorUrl }, 'listening');
    return listeners;
  }
}
