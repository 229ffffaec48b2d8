import { type Clock, systemClock } from '@harvest/kernel';
import type { SqlReader } from '@harvest/read-models';
import { awaitPosition } from './await-position.query';
import { CursorSigner } from './cursor';
import { exportDiscoveries } from './export-discoveries.query';
import { getArtifact, getArtifactQuery } from './get-artifact.query';
import { getEntity } from './get-entity.query';
import { getIngestion } from './get-ingestion.query';
import { getStatus } from './get-status.query';
import { getTopic } from './get-topic.query';
import { getTopicTimeline } from './get-topic-timeline.query';
import { type Answered, listDiscoveries } from './list-discoveries.query';
import { listIngestions } from './list-ingestions.query';
import { listTopics } from './list-topics.query';
import { listTrendingTopics } from './list-trending-topics.query';
import { lookupArtifacts, lookupArtifactsQuery } from './lookup-artifacts.query';
import type { DiscoveriesParameters } from './parse-discoveries-parameters';
import type { IngestionsParameters } from './parse-ingestions-parameters';
import type { TimelineParameters, TopicsParameters, TrendingParameters } from './parse-topics-parameters';
import type { Position } from './position';

export interface QueriesOptions {
  /** Signs cursors; the same in every process, at least 16 bytes. */
  readonly cursorSecret: string;
  /** `signals.`: turns topic families into topics. */
  readonly topicPrefix: string;
  readonly clock?: Clock;
}

/** Every question that can be asked of the active generation. All reject with the reader's errors besides their own. */
export interface Queries {
  /** A page, with its total when asked for. Rejects with `invalid-cursor`, `total-not-kept`. */
  listDiscoveries(parameters: DiscoveriesParameters): Promise<Answered>;
  /** NDJSON in constant memory, of one snapshot; without its last line it was cut off. Rejects with `invalid-cursor`. */
  exportDiscoveries(parameters: DiscoveriesParameters): AsyncIterable<Buffer>;
  /** Rejects with `artifact-unknown`; its context says whether the key is parked. */
  getArtifact(artifactId: string): Promise<Answered>;
  /** @param ids as `parseLookupBody` gives them. */
  lookupArtifacts(ids: readonly string[]): Promise<Answered>;
  /** Rejects with `invalid-cursor`. */
  listIngestions(parameters: IngestionsParameters): Promise<Answered>;
  /** Rejects with `ingestion-unknown`. */
  getIngestion(ingestionId: string): Promise<Answered>;
  /** Rejects with `invalid-cursor`. */
  listTopics(parameters: TopicsParameters): Promise<Answered>;
  listTrendingTopics(parameters: TrendingParameters): Promise<Answered>;
  /** Rejects with `topic-unknown`. */
  getTopic(topicId: string): Promise<Answered>;
  /** Rejects with `topic-unknown`. */
  getTopicTimeline(topicId: string, parameters: TimelineParameters): Promise<Answered>;
  /** Rejects with `entity-unknown`. */
  getEntity(entityId: string): Promise<Answered>;
  /** Counts, position and staleness of one snapshot. */
  getStatus(): Promise<Answered>;
  /** True once everything before `least` is projected, false after `waitMs`. Rejects with `invalid-position`. */
  awaitPosition(least: Position, waitMs: number, signal?: AbortSignal): Promise<boolean>;
}

/** Rejects with `cursor-secret-too-short`. */
export function createQueries(reader: SqlReader, options: QueriesOptions): Queries {
  const { topicPrefix, clock = systemClock } = options;
  const cursors = new CursorSigner(options.cursorSecret);
  const artifact = getArtifactQuery(topicPrefix);
  const lookup = lookupArtifactsQuery(topicPrefix);
  return {
    listDiscoveries: (parameters) => listDiscoveries(reader, cursors, parameters),
    exportDiscoveries: (parameters) => exportDiscoveries(reader, cursors, parameters),
    getArtifact: (artifactId) => getArtifact(reader, artifact, artifactId),
    lookupArtifacts: (ids) => lookupArtifacts(reader, lookup, ids),
    listIngestions: (parameters) => listIngestions(reader, cursors, parameters),
    getIngestion: (ingestionId) => getIngestion(reader, ingestionId),
    listTopics: (parameters) => listTopics(reader, cursors, parameters),
    listTrendingTopics: (parameters) => listTrendingTopics(reader, parameters),
    getTopic: (topicId) => getTopic(reader, topicId),
    getTopicTimeline: (topicId, parameters) => getTopicTimeline(reader, topicId, parameters),
    getEntity: (entityId) => getEntity(reader, entityId),
    getStatus: () => getStatus(reader),
    awaitPosition: (least, waitMs, signal) => awaitPosition(reader, least, { topicPrefix, clock, waitMs, ...(signal && { signal }) }),
  };
}
