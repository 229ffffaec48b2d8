import { compareUtf8 } from '@harvest/kernel';
import type { Artifact, Contribution } from './artifact';
import type { CanonicalRow } from './canonical';
import type { ExpectedTable } from './expected-table';
import { membershipTables } from './expected-memberships';
import type { EventPosition } from './provenance';
import type { Reducer } from './reducer';
import type { Table } from './snapshot';

const MAX_EVENTS_OF_A_COUNT = 40;

export function keyOf(columns: readonly string[], row: CanonicalRow): string {
  return columns.length === 1 ? String(row[columns[0] ?? '']) : JSON.stringify(columns.map((column) => String(row[column])));
}

export function expectedTables(reducer: Reducer): Readonly<Record<Table, ExpectedTable>> {
  const artifacts = [...reducer.artifacts.keys()].filter((id) => !reducer.conflictingArtifacts.has(id)).sort(compareUtf8);
  const ingestions = [...reducer.ingestions.keys()].filter((id) => !reducer.conflictingIngestions.has(id)).sort(compareUtf8);
  const ofArtifacts = (ids: readonly string[], rowOf: (artifact: Artifact) => CanonicalRow | null): ExpectedTable => ({
    keys: ids,
    row: (id) => mapped(reducer.artifacts.get(id), rowOf),
    events: (id) => reducer.artifacts.get(id)?.events ?? [],
    isExcluded: (id) => reducer.conflictingArtifacts.has(id),
  });
  return {
    artifact_card: ofArtifacts(
      artifacts.filter((id) => reducer.artifacts.get(id)?.hasCard),
      (artifact) => artifact.cardRow(),
    ),
    discovery: ofArtifacts(artifacts, (artifact) => artifact.discoveryRow()),
    count_by_kind: countTable(reducer, artifacts, kindOf),
    count_by_day: countTable(reducer, artifacts, dayOf),
    ...membershipTables(reducer, artifacts),
    ingestion: {
      keys: ingestions,
      row: (id) => mapped(reducer.ingestions.get(id), (ingestion) => ingestion.row()),
      events: (id) => reducer.ingestions.get(id)?.events ?? [],
      isExcluded: (id) => reducer.conflictingIngestions.has(id),
    },
  };
}

function mapped<T, R>(value: T | undefined, map: (value: T) => R): R | null {
  return value === undefined ? null : map(value);
}

type KeyColumns = (contribution: Contribution) => CanonicalRow;
export const kindOf: KeyColumns = ({ source, artifactType }) => ({ source, artifact_type: artifactType });
export const dayOf: KeyColumns = ({ source, artifactType, day, precision }) => ({ source, artifact_type: artifactType, day, precision });

function countTable(reducer: Reducer, ids: readonly string[], columnsOf: KeyColumns): ExpectedTable {
  const counts = new Map<string, { readonly columns: CanonicalRow; artifacts: number; discoveries: number }>();
  const keyOfContribution = (contribution: Contribution) => JSON.stringify(Object.values(columnsOf(contribution)).map(String));
  for (const id of ids) {
    const contribution = reducer.artifacts.get(id)?.contribution();
    if (!contribution) continue;
    const key = keyOfContribution(contribution);
    const count = counts.get(key) ?? { columns: columnsOf(contribution), artifacts: 0, discoveries: 0 };
    count.artifacts += 1;
    count.discoveries += contribution.discoveries;
    counts.set(key, count);
  }
  const rowOf = ({ columns, artifacts, discoveries }: { columns: CanonicalRow; artifacts: number; discoveries: number }): CanonicalRow => ({
    ...columns,
    artifacts,
    discoveries,
  });
  return {
    keys: [...counts.keys()].sort(compareUtf8),
    row: (key) => mapped(counts.get(key), rowOf),
    events: (key) => eventsBehind(reducer, ids, (contribution) => keyOfContribution(contribution) === key),
    isExcluded: () => false,
  };
}

function eventsBehind(
  reducer: Reducer,
  ids: readonly string[],
  belongs: (contribution: Contribution) => boolean,
): readonly EventPosition[] {
  const events: EventPosition[] = [];
  for (const id of ids) {
    const artifact = reducer.artifacts.get(id);
    const contribution = artifact?.contribution();
    if (artifact && contribution && belongs(contribution)) events.push(...artifact.events);
    if (events.length >= MAX_EVENTS_OF_A_COUNT) break;
  }
  return events.slice(0, MAX_EVENTS_OF_A_COUNT);
}
