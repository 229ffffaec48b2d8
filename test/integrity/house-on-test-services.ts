import type { GenerationVerification } from '@harvest/operations';
import { createTestDatabase, serviceAddress, uniqueTopicPrefix } from '@harvest/testing';
import { House } from './house';
import { BUILD } from './own-services';
import { verifyHouse } from './proof';
import { seededRandom, Workload } from './workload';

export interface HouseOnTestServices {
  readonly house: House;
  readonly random: () => number;
  /** Appends about so many events of the mix. */
  feed(count: number): Promise<void>;
  verify(): Promise<GenerationVerification>;
  close(): Promise<void>;
}

/** An installation of its own on the services that other suites use too; its processes are the real ones. */
export async function createHouseOnTestServices(seed: number): Promise<HouseOnTestServices> {
  const database = await createTestDatabase();
  const topicPrefix = uniqueTopicPrefix();
  const house = await House.build({ databaseUrl: database.url, brokers: serviceAddress('kafka'), topicPrefix, build: BUILD });
  const workload = new Workload(topicPrefix, seed);
  return {
    house,
    random: seededRandom(seed),
    feed: async (count) => {
      await house.log.append(workload.next(count, 'run').map(({ record }) => record));
    },
    verify: () => verifyHouse(house),
    close: async () => {
      await house.close();
      await database.drop();
    },
  };
}
