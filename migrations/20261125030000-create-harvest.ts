import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The house's own tables: what stands outside generations, and what carries the generation in its key. */
export class CreateHarvest1795575600000 implements MigrationInterface {
  readonly name = 'CreateHarvest1795575600000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  /** Read tables are made per generation; going back to nothing drops them all. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DO $$
      DECLARE schema_name text;
      BEGIN
        FOR schema_name IN SELECT nspname FROM pg_namespace WHERE nspname ~ '^read_[0-9]+$' LOOP
          EXECUTE format('DROP SCHEMA %I CASCADE', schema_name);
        END LOOP;
      END $$`);
    for (const table of TABLES) await runner.query(`DROP TABLE harvest.${table}`);
  }
}

const TABLES = [
  'log_record',
  'log_partition',
  'log_topic',
  'audit',
  'ingestion_outcome',
  'cache_counter',
  'correction',
  'key_conflict',
  'dead_letter',
  'parked_key',
  'log_sample',
  'checkpoint',
  'generation_pointer',
  'generation',
  'installation',
];

const NOW_MS = `(extract(epoch FROM clock_timestamp()) * 1000)::int8`;

const STATEMENTS = [
  `CREATE TABLE harvest.installation (
    only_row boolean NOT NULL DEFAULT true CONSTRAINT installation_pkey PRIMARY KEY CONSTRAINT installation_one_row CHECK (only_row),
    installation_id text NOT NULL,
    database_epoch text NOT NULL
  )`,
  `INSERT INTO harvest.installation (installation_id, database_epoch)
   VALUES (substr(replace(gen_random_uuid()::text, '-', ''), 1, 12), substr(replace(gen_random_uuid()::text, '-', ''), 1, 12))`,
  `CREATE TABLE harvest.generation (
    generation int4 NOT NULL CONSTRAINT generation_pkey PRIMARY KEY,
    state text NOT NULL CONSTRAINT generation_state_known CHECK (state IN ('live', 'building', 'retired')),
    definitions text NOT NULL,
    created_ms int8 NOT NULL DEFAULT ${NOW_MS}
  )`,
  `CREATE TABLE harvest.generation_pointer (
    only_row boolean NOT NULL DEFAULT true CONSTRAINT generation_pointer_pkey PRIMARY KEY
      CONSTRAINT generation_pointer_one_row CHECK (only_row),
    generation int4 NOT NULL CONSTRAINT generation_pointer_generation_fkey REFERENCES harvest.generation,
    moved_ms int8 NOT NULL DEFAULT ${NOW_MS}
  )`,
  `CREATE TABLE harvest.checkpoint (
    generation int4 NOT NULL CONSTRAINT checkpoint_generation_fkey REFERENCES harvest.generation,
    topic text COLLATE "C" NOT NULL,
    partition int4 NOT NULL,
    epoch int8 NOT NULL DEFAULT 0,
    next_offset int8 NOT NULL,
    first_offset int8 NOT NULL,
    layout int4 NOT NULL DEFAULT 1,
    partition_count int4 NOT NULL,
    parked_keys int4 NOT NULL DEFAULT 0,
    last_offset int8,
    last_hash text,
    owner text,
    CONSTRAINT checkpoint_pkey PRIMARY KEY (generation, topic, partition)
  ) WITH (fillfactor = 40, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000)`,
  // Apart from the checkpoint: the sampler must not wait for, nor hold up, the transaction that holds a checkpoint.
  `CREATE TABLE harvest.log_sample (
    generation int4 NOT NULL CONSTRAINT log_sample_generation_fkey REFERENCES harvest.generation,
    topic text COLLATE "C" NOT NULL,
    partition int4 NOT NULL,
    known_through_ms int8,
    pending_end int8,
    pending_ms int8,
    latest_end int8 NOT NULL,
    latest_ms int8 NOT NULL,
    CONSTRAINT log_sample_pkey PRIMARY KEY (generation, topic, partition)
  ) WITH (fillfactor = 40, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000)`,
  `CREATE TABLE harvest.parked_key (
    generation int4 NOT NULL CONSTRAINT parked_key_generation_fkey REFERENCES harvest.generation,
    topic text COLLATE "C" NOT NULL,
    partition int4 NOT NULL,
    key bytea NOT NULL,
    since_ms int8 NOT NULL DEFAULT ${NOW_MS},
    CONSTRAINT parked_key_pkey PRIMARY KEY (generation, topic, partition, key)
  )`,
  `CREATE TABLE harvest.dead_letter (
    id int8 NOT NULL GENERATED ALWAYS AS IDENTITY CONSTRAINT dead_letter_pkey PRIMARY KEY,
    generation int4 NOT NULL CONSTRAINT dead_letter_generation_fkey REFERENCES harvest.generation,
    topic text COLLATE "C" NOT NULL,
    partition int4 NOT NULL,
    log_offset int8 NOT NULL,
    kind text NOT NULL CONSTRAINT dead_letter_kind_known CHECK (kind IN ('poison', 'waiting')),
    key bytea,
    value bytea,
    headers bytea NOT NULL,
    timestamp_ms int8 NOT NULL,
    code text NOT NULL,
    path text NOT NULL,
    reason text NOT NULL,
    projection text NOT NULL,
    ingestion_id text,
    stored_ms int8 NOT NULL DEFAULT ${NOW_MS},
    relayed boolean NOT NULL DEFAULT false,
    CONSTRAINT dead_letter_position_key UNIQUE (topic, partition, log_offset, generation)
  )`,
  // A key may be of any size: only its hash fits an index for certain.
  `CREATE INDEX dead_letter_key_idx ON harvest.dead_letter (generation, topic, partition, sha256(key))`,
  `CREATE INDEX dead_letter_ingestion_idx ON harvest.dead_letter (generation, ingestion_id) WHERE ingestion_id IS NOT NULL`,
  `CREATE INDEX dead_letter_to_relay_idx ON harvest.dead_letter (id) WHERE NOT relayed AND kind = 'poison'`,
  `CREATE TABLE harvest.key_conflict (
    generation int4 NOT NULL CONSTRAINT key_conflict_generation_fkey REFERENCES harvest.generation,
    topic text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    seen_ms int8 NOT NULL DEFAULT ${NOW_MS},
    CONSTRAINT key_conflict_pkey PRIMARY KEY (generation, topic, key)
  )`,
  `CREATE TABLE harvest.correction (
    topic text COLLATE "C" NOT NULL,
    partition int4 NOT NULL,
    log_offset int8 NOT NULL,
    value bytea,
    reason text NOT NULL,
    made_ms int8 NOT NULL DEFAULT ${NOW_MS},
    CONSTRAINT correction_pkey PRIMARY KEY (topic, partition, log_offset)
  )`,
  `CREATE TABLE harvest.cache_counter (
    scope text COLLATE "C" NOT NULL CONSTRAINT cache_counter_pkey PRIMARY KEY,
    value int8 NOT NULL,
    moved_ms int8 NOT NULL DEFAULT 0,
    positions text NOT NULL DEFAULT ''
  ) WITH (fillfactor = 20)`,
  `INSERT INTO harvest.cache_counter (scope, value) VALUES ('discoveries', 1), ('ingestions', 1)`,
  `CREATE TABLE harvest.ingestion_outcome (
    ingestion_id text COLLATE "C" NOT NULL,
    completed_partition int4 NOT NULL,
    completed_offset int8 NOT NULL,
    outcome text NOT NULL CONSTRAINT ingestion_outcome_known
      CHECK (outcome IN ('complete', 'complete-with-rejections', 'incomplete')),
    detail text NOT NULL,
    decided_ms int8 NOT NULL DEFAULT ${NOW_MS},
    CONSTRAINT ingestion_outcome_pkey PRIMARY KEY (ingestion_id, completed_partition, completed_offset)
  )`,
  `CREATE TABLE harvest.audit (
    id int8 NOT NULL GENERATED ALWAYS AS IDENTITY CONSTRAINT audit_pkey PRIMARY KEY,
    at_ms int8 NOT NULL DEFAULT ${NOW_MS},
    action text NOT NULL,
    detail text NOT NULL
  )`,
  `CREATE TABLE harvest.log_topic (
    topic text COLLATE "C" NOT NULL CONSTRAINT log_topic_pkey PRIMARY KEY,
    partitions int4 NOT NULL,
    retention_ms int8 NOT NULL
  )`,
  `CREATE TABLE harvest.log_partition (
    partition_id int4 NOT NULL GENERATED ALWAYS AS IDENTITY,
    topic text COLLATE "C" NOT NULL CONSTRAINT log_partition_topic_fkey REFERENCES harvest.log_topic,
    partition int4 NOT NULL,
    start_offset int8 NOT NULL DEFAULT 0,
    next_offset int8 NOT NULL DEFAULT 0,
    CONSTRAINT log_partition_pkey PRIMARY KEY (topic, partition),
    CONSTRAINT log_partition_id_key UNIQUE (partition_id)
  ) WITH (fillfactor = 40)`,
  `CREATE TABLE harvest.log_record (
    partition_id int4 NOT NULL,
    log_offset int8 NOT NULL,
    timestamp_ms int8 NOT NULL,
    key bytea,
    value bytea,
    headers bytea NOT NULL,
    CONSTRAINT log_record_pkey PRIMARY KEY (partition_id, log_offset)
  )`,
];
