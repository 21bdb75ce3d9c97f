import { afterAll, beforeAll, describe } from "vitest";
import { redisStore } from "../../src/index.ts";
import { REDIS_PLACES, redisPlace, type RedisPlace } from "../support/redis-places.ts";
import { storeContract } from "../support/store-contract.ts";

describe.each(Object.keys(REDIS_PLACES))("by %s", (kind) => {
  let place: RedisPlace;
  let opened = 0;
  beforeAll(async () => {
    place = await redisPlace(kind);
  });
  afterAll(() => place.close());

  storeContract("redisStore()", () => {
    let now = Date.now();
    return {
      store: redisStore({ client: place.client, prefix: `p${++opened}`, clock: () => now }),
      now: () => now,
      async pass(seconds) {
        now += seconds * 1_000;
        await place.pass(seconds);
      },
    };
  });
});
