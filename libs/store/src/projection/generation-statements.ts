import type { GenerationRef } from '@harvest/read-models';
import type { Statement } from '../connection/write-transaction';
import { artifactCardStatements } from '../tables/artifact-card.table';
import { countStatements } from '../tables/counts.table';
import { discoveryStatements } from '../tables/discovery.table';
import { ENTITY_TABLE } from '../tables/entity.table';
import { ingestionStatements } from '../tables/ingestion.table';
import { membershipStatements } from '../tables/membership-table';
import { TOPIC_TABLE } from '../tables/topic.table';

type Named<T extends Record<string, string>> = { readonly [K in keyof T]: Statement };

export interface GenerationStatements {
  readonly discovery: Named<ReturnType<typeof discoveryStatements>>;
  readonly card: Named<ReturnType<typeof artifactCardStatements>>;
  readonly count: Named<ReturnType<typeof countStatements>>;
  readonly ingestion: Named<ReturnType<typeof ingestionStatements>>;
  readonly topic: Readonly<Record<string, Statement>>;
  readonly entity: Readonly<Record<string, Statement>>;
}

/** Their rows are many, and wide. */
const DECODED_BY_HAND: ReadonlySet<string> = new Set(['discovery_lockKnown', 'ingestion_lockKnown']);

const cache = new Map<string, GenerationStatements>();

/** The statements on one generation's tables. Their names carry the generation: one name may never stand for two texts. */
export function generationStatements({ generation, schema }: GenerationRef): GenerationStatements {
  const known = cache.get(schema);
  if (known !== undefined) return known;
  const made = {
    discovery: named('discovery', generation, discoveryStatements(schema)),
    card: named('card', generation, artifactCardStatements(schema)),
    count: named('count', generation, countStatements(schema)),
    ingestion: named('ingestion', generation, ingestionStatements(schema)),
    topic: named('topic', generation, membershipStatements(schema, TOPIC_TABLE)),
    entity: named('entity', generation, membershipStatements(schema, ENTITY_TABLE)),
  };
  cache.set(schema, made);
  return made;
}

function named<T extends Record<string, string>>(table: string, generation: number, texts: T): Named<T> {
  const entries = Object.entries(texts).map(([query, text]) => {
    return [query, { name: `${table}_${query}_g${generation}`, text, raw: DECODED_BY_HAND.has(`${table}_${query}`) }];
  });
  return Object.fromEntries(entries) as Named<T>;
}
