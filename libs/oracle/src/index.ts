export type { ColumnDifference, RowDifference, TableVerdict } from './compare-tables';
export type { EventPosition } from './provenance';
export type { RecordEnd } from './reducer';
export type { Finding } from './set-aside';
export type { SnapshotToVerify } from './snapshot';
export { verify } from './verify';
export type { VerificationReport, VerifyOptions } from './verify';
