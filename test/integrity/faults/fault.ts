import type { Feeder } from '../feeder';
import type { House } from '../house';
import type { OwnServices } from '../own-services';
import type { Readers } from '../readers';

export interface Scene {
  readonly house: House;
  readonly services: OwnServices;
  readonly feeder: Feeder;
  readonly readers: Readers;
  readonly operatorsUrl: string;
  readonly random: () => number;
}

/** What one fault did; `effective`: something observed proves that it struck. */
export interface Strike {
  readonly kind: string;
  readonly effective: boolean;
  /** A process killed between BEGIN and COMMIT. */
  readonly inTransaction?: boolean;
  readonly note?: string;
}

/** Injects one fault (or several at once), and undoes it. Whether the house goes on afterwards is judged by the caller. */
export type Fault = (scene: Scene) => Promise<readonly Strike[]>;
