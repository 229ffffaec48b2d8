import { createArtifactCardTable } from './artifact-card.table';
import { createCountTables } from './counts.table';
import { createDiscoveryTable } from './discovery.table';
import { createIngestionTable } from './ingestion.table';
import { createTopicTables } from './topic.table';

/** The statements that make one generation's schema and its tables, to be run in one transaction. */
export function createGenerationSchema(schema: string): readonly string[] {
  return [
    `CREATE SCHEMA ${schema}`,
    ...createArtifactCardTable(schema),
    ...createDiscoveryTable(schema),
    ...createCountTables(schema),
    ...createTopicTables(schema),
    ...createIngestionTable(schema),
  ];
}

export function schemaOf(generation: number): string {
  if (!Number.isSafeInteger(generation) || generation < 1) throw new RangeError(`not a generation: ${generation}`);
  return `read_${generation}`;
}
