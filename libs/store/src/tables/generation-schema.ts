import { createArtifactCardTable } from './artifact-card.table';
import { createCountTables } from './counts.table';
import { createDiscoveryTable } from './discovery.table';
import { ENTITY_TABLE } from './entity.table';
import { createIngestionTable } from './ingestion.table';
import { createMembershipTables } from './membership-table';
import { TOPIC_TABLE } from './topic.table';

/** The statements that make one generation's schema and its tables, to be run in one transaction. */
export function createGenerationSchema(schema: string): readonly string[] {
  return [
    `CREATE SCHEMA ${schema}`,
    ...createArtifactCardTable(schema),
    ...createDiscoveryTable(schema),
    ...createCountTables(schema),
    ...createMembershipTables(schema, TOPIC_TABLE),
    ...createMembershipTables(schema, ENTITY_TABLE),
    ...createIngestionTable(schema),
  ];
}

export function schemaOf(generation: number): string {
  if (!Number.isSafeInteger(generation) || generation < 1) throw new RangeError(`not a generation: ${generation}`);
  return `read_${generation}`;
}
