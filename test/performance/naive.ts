import type { Client } from 'pg';
import { connectClient } from './connect-client';
import type { ArtifactObserved, LogRecord, ScoreComputed, TopicPartition } from '@harvest/contracts';
import type { PublishedRun } from './publish';

type At = TopicPartition & Pick<LogRecord, 'offset'>;

const DAY_MS = 86_400_000;
const WHOLE = 10_000;

interface KnownRow {
  readonly source: string;
  readonly artifact_type: string;
  readonly published_ms: string;
  readonly discovery_score: number | null;
  readonly topics: string | null;
  readonly entities: string | null;
}

interface Named {
  readonly id: string;
  readonly name: string;
}

interface Figures {
  readonly artifacts: number;
  readonly discoveries: number;
  readonly scoreSum: number;
}

function authorsOf({ authors }: ArtifactObserved): readonly Named[] {
  return (authors ?? []).map(({ name }) => ({ id: `name:${name.toLowerCase()}`, name }));
}

function topicsOf({ topics }: ArtifactObserved): readonly Named[] {
  return (topics ?? []).map(({ name }) => ({ id: `name:${name.toLowerCase()}`, name }));
}

/**
 * C0: what one writes first. A transaction per event, row by row, every answer awaited; the same tables, indexes and client. Fixed:
 * never tuned, or old figures would mean something else.
 */
export class Naive {
  private constructor(private readonly client: Client) {}

  static async open(databaseUrl: string): Promise<Naive> {
    const client = await connectClient({ connectionString: databaseUrl, application_name: 'bench-naive' });
    return new Naive(client);
  }

  /** The first so many of each partition. Returns the wall time in ms. */
  async run(runs: readonly PublishedRun[], each: number): Promise<number> {
    const beganMs = performance.now();
    for (const { topic, partition, records } of runs)
      for (const { offset, value } of records.slice(0, each)) await this.take({ topic, partition, offset }, value as Buffer);
    return performance.now() - beganMs;
  }

  async close(): Promise<void> {
    await this.client.end();
  }

  private async take(at: At, value: Buffer): Promise<void> {
    const payload: unknown = JSON.parse(value.toString());
    await this.client.query('BEGIN');
    if (at.topic.endsWith('scores.v1')) await this.score(payload as ScoreComputed, at);
    else await this.artifact(payload as ArtifactObserved, at);
    const moved = 'UPDATE harvest.checkpoint SET next_offset = $1 WHERE generation = 1 AND topic = $2 AND partition = $3';
    await this.client.query(moved, [(at.offset + 1n).toString(), at.topic, at.partition]);
    await this.client.query('COMMIT');
  }

  private async artifact(payload: ArtifactObserved, at: At): Promise<void> {
    const { artifactId, source, artifactType } = payload;
    const publishedMs = Date.parse(payload.publishedAt ?? '') || 0;
    const find = 'SELECT discovery_score FROM read_1.discovery WHERE artifact_id = $1 FOR UPDATE';
    const known = await this.client.query<Pick<KnownRow, 'discovery_score'>>(find, [artifactId]);
    const scored = known.rows.length > 0;
    const values = [artifactId, source, artifactType, publishedMs, at.partition, at.offset.toString(), scored];
    await this.client.query(
      scored
        ? `UPDATE read_1.discovery SET source = $2, artifact_type = $3, published_ms = $4, first_seen_ms = $4, published_precision = 1,
             artifact_partition = $5, artifact_offset = $6, visible = $7, guards = guards | 1, hot = $4 WHERE artifact_id = $1`
        : `INSERT INTO read_1.discovery (artifact_id, source, artifact_type, published_ms, first_seen_ms, published_precision,
             artifact_partition, artifact_offset, visible, guards) VALUES ($1, $2, $3, $4, $4, 1, $5, $6, $7, 1)`,
      values,
    );
    await this.client.query(
      `INSERT INTO read_1.artifact_card (artifact_id, card, detail, topics, entities) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (artifact_id) DO UPDATE SET card = excluded.card, detail = excluded.detail, topics = excluded.topics,
         entities = excluded.entities`,
      [
        artifactId,
        JSON.stringify(payload),
        JSON.stringify({ references: payload.references }),
        JSON.stringify(topicsOf(payload)),
        JSON.stringify(authorsOf(payload)),
      ],
    );
    await this.count({ source, artifactType, publishedMs }, { artifacts: 1, discoveries: scored ? 1 : 0 });
    const figures = { artifacts: 1, discoveries: scored ? 1 : 0, scoreSum: known.rows[0]?.discovery_score ?? 0 };
    await this.join(payload, publishedMs, figures);
  }

  private async join(payload: ArtifactObserved, publishedMs: number, figures: Figures): Promise<void> {
    for (const topic of topicsOf(payload)) {
      await this.client.query(
        `INSERT INTO read_1.artifact_topic (published_ms, confidence, topic_id, artifact_id, name, taxonomy_path)
         VALUES ($1, 10000, $2, $3, $4, '') ON CONFLICT DO NOTHING`,
        [publishedMs, topic.id, payload.artifactId, topic.name],
      );
      await this.addToTopic(topic, publishedMs, figures);
    }
    for (const author of authorsOf(payload)) {
      await this.client.query(
        `INSERT INTO read_1.artifact_entity (published_ms, roles, entity_id, artifact_id, name)
         VALUES ($1, 1, $2, $3, $4) ON CONFLICT DO NOTHING`,
        [publishedMs, author.id, payload.artifactId, author.name],
      );
      await this.addToEntity(author, figures);
    }
  }

  private async score(payload: ScoreComputed, at: At): Promise<void> {
    const find = `SELECT source, artifact_type, published_ms, discovery_score,
      (SELECT topics FROM read_1.artifact_card AS c WHERE c.artifact_id = d.artifact_id) AS topics,
      (SELECT entities FROM read_1.artifact_card AS c WHERE c.artifact_id = d.artifact_id) AS entities
      FROM read_1.discovery AS d WHERE artifact_id = $1 FOR UPDATE`;
    const known = await this.client.query<KnownRow>(find, [payload.artifactId]);
    const scores = [payload.discoveryScore, payload.novelty, payload.emergence, payload.obscurity];
    const scaled = scores.map((score) => (score == null ? null : Math.round(score * WHOLE)));
    const values = [payload.artifactId, ...scaled, payload.model, at.partition, at.offset.toString()];
    const [row] = known.rows;
    if (row === undefined) {
      await this.client.query(
        `INSERT INTO read_1.discovery (artifact_id, discovery_score, novelty, emergence, obscurity, model, score_partition, score_offset,
           visible, guards) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, false, 16)`,
        values,
      );
      return;
    }
    await this.client.query(
      `UPDATE read_1.discovery SET discovery_score = $2, novelty = $3, emergence = $4, obscurity = $5, model = $6, score_partition = $7,
         score_offset = $8, visible = true, guards = guards | 16, hot = published_ms WHERE artifact_id = $1`,
      values,
    );
    const about = { source: row.source, artifactType: row.artifact_type, publishedMs: Number(row.published_ms) };
    await this.count(about, { artifacts: 0, discoveries: 1 });
    const figures = { artifacts: 0, discoveries: row.discovery_score === null ? 1 : 0, scoreSum: scaled[0]! - (row.discovery_score ?? 0) };
    for (const topic of JSON.parse(row.topics || '[]') as Named[]) await this.addToTopic(topic, about.publishedMs, figures);
    for (const author of JSON.parse(row.entities || '[]') as Named[]) await this.addToEntity(author, figures);
  }

  private async addToEntity({ id, name }: Named, by: Figures): Promise<void> {
    await this.client.query(
      `INSERT INTO read_1.entity_figures AS f (entity_id, name, artifacts, discoveries, score_sum) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (entity_id, name) DO UPDATE SET artifacts = f.artifacts + excluded.artifacts,
         discoveries = f.discoveries + excluded.discoveries, score_sum = f.score_sum + excluded.score_sum`,
      [id, name, by.artifacts, by.discoveries, by.scoreSum],
    );
  }

  private async addToTopic({ id, name }: Named, publishedMs: number, by: Figures): Promise<void> {
    const add = `DO UPDATE SET artifacts = f.artifacts + excluded.artifacts, discoveries = f.discoveries + excluded.discoveries,
      score_sum = f.score_sum + excluded.score_sum`;
    const figures = [by.artifacts, by.discoveries, by.scoreSum];
    await this.client.query(
      `INSERT INTO read_1.topic_figures AS f (topic_id, name, taxonomy_path, artifacts, discoveries, score_sum)
       VALUES ($1, $2, '', $3, $4, $5) ON CONFLICT (topic_id, name, taxonomy_path) ${add}`,
      [id, name, ...figures],
    );
    await this.client.query(
      `INSERT INTO read_1.topic_day AS f (topic_id, day, precision, artifacts, discoveries, score_sum)
       VALUES ($1, $2, 1, $3, $4, $5) ON CONFLICT (topic_id, day, precision) ${add}`,
      [id, Math.floor(publishedMs / DAY_MS), ...figures],
    );
  }

  private async count(
    about: { source: string; artifactType: string; publishedMs: number },
    by: { artifacts: number; discoveries: number },
  ): Promise<void> {
    const { source, artifactType, publishedMs } = about;
    const add = 'DO UPDATE SET artifacts = c.artifacts + excluded.artifacts, discoveries = c.discoveries + excluded.discoveries';
    await this.client.query(
      `INSERT INTO read_1.count_by_kind AS c (source, artifact_type, artifacts, discoveries) VALUES ($1, $2, $3, $4)
       ON CONFLICT (source, artifact_type) ${add}`,
      [source, artifactType, by.artifacts, by.discoveries],
    );
    await this.client.query(
      `INSERT INTO read_1.count_by_day AS c (source, artifact_type, day, precision, artifacts, discoveries) VALUES ($1, $2, $3, 1, $4, $5)
       ON CONFLICT (source, artifact_type, day, precision) ${add}`,
      [source, artifactType, Math.floor(publishedMs / DAY_MS), by.artifacts, by.discoveries],
    );
  }
}
