import type { FetchedBatch } from '@harvest/contracts';
import type { Claim, RecordFingerprint } from '@harvest/read-models';
import { recordFingerprint } from './fact-fingerprint';
import type { PartitionStatus } from './projector-status';
import { indexOfOffset } from './slice-batch';

/** One assignment of a partition to this process. */
export interface PartitionSession {
  readonly assignment: number;
  claim: Claim | null;
  /** HEARTBEAT events heard, and how many it takes before the partition may be claimed. */
  beats: number;
  beatsNeeded: number;
  /** What was fetched is gone: after the claim, fetching starts again at the checkpoint. */
  seekDue: boolean;
  /** When fetching was last moved. */
  soughtMs: number;
  /** The record last applied, to be met again in the log if it is still there. */
  expected: RecordFingerprint | null;
}

export function newSession(assignment: number, expected: RecordFingerprint | null): PartitionSession {
  return { assignment, claim: null, beats: 0, beatsNeeded: 1, seekDue: false, soughtMs: -Infinity, expected };
}

/** False when another record stands where the last applied one stood: the topic was deleted and made anew. */
export function isSameTopic(session: PartitionSession, batch: FetchedBatch): boolean {
  const { expected } = session;
  if (expected === null || batch.fetchedOffset > expected.offset || batch.nextOffset <= expected.offset) return true;
  session.expected = null;
  const record = batch.records[indexOfOffset(batch.records, expected.offset)];
  return record === undefined || record.offset !== expected.offset || recordFingerprint(record).hash === expected.hash;
}

export function stateOf(session: PartitionSession | null, inTrouble: boolean): PartitionStatus['state'] {
  if (session === null) return 'unassigned';
  if (inTrouble) return 'paused';
  return session.claim === null ? 'assigned' : 'claimed';
}
