import { CreateHarvest1795575600000 } from './20261125030000-create-harvest';

/** In the order they run. The apps hand them to the store. */
export const MIGRATIONS = [CreateHarvest1795575600000] as const;
