import { afterAll, beforeAll, describe } from "vitest";
import { redisStore } from "../../src/index.ts";
import { REDIS_PLACES, redisPlace, type RedisPlace } from "../support/redis-places.ts";
import { storeContract } from "../support/store-contract.ts";
import { storeOracle } from "../support/store-oracle.ts";

describe.each(Object.keys(REDIS_PLACES))("by %s", (kind) => {
  let place: RedisPlace;
  let opened = 0;
  beforeAll(async () => {
    place = await redisPlace(kind);
  });
  afterAll(() => place.close());

  const open = () => {
    let now = Date.now();
    return {
      store: redisStore({ client: place.client, prefix: `p${++opened}`, clock: () => now }),
      now: () => now,
      async pass(seconds: number) {
        now += seconds * 1_000;
        await place.pass(seconds);
      },
    };
  };
  storeContract("redisStore()", open);
  storeOracle("redisStore()", open);
});
