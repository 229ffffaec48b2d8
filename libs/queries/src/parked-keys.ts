import { topicName } from '@harvest/contracts';

/**
 * Whether a subject's key waits behind a dead letter in this generation, as a condition.
 * @param id SQL text of the subject's id.
 */
export function isParkedText(schema: string, topicPrefix: string, id: string): string {
  const topics = (['artifacts', 'scores'] as const).map((family) => `'${topicName(topicPrefix, family).replaceAll("'", "''")}'`);
  return `EXISTS (SELECT 1 FROM harvest.parked_key AS w
    WHERE w.generation = ${generationOf(schema)} AND w.topic IN (${topics.join(', ')}) AND w.key = convert_to(${id}, 'UTF8'))`;
}

function generationOf(schema: string): number {
  return Number(schema.slice(schema.lastIndexOf('_') + 1));
}
