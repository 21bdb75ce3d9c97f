import { gunzipSync, gzipSync } from "node:zlib";
import { breaker } from "../../../src/layers/breaker.ts";
import type { Codec } from "../../../src/layers/codec.ts";
import { compressed, gzipCodec } from "../../../src/layers/compressed.ts";
import { metrics } from "../../../src/layers/metered.ts";
import { timed } from "../../../src/layers/timed.ts";
import { writeBehind } from "../../../src/layers/write-behind.ts";
import type { Clock } from "../../../src/clock.ts";
import type { Store } from "../../../src/store.ts";
import { memoryStore } from "../../../src/stores/memory.ts";
import { storeContract, type OpenStore } from "../../support/store-contract.ts";

/** Every layer keeps what a store promises; each stands around a store in memory, with a clock of the test's own. */
const over =
  (layer: (store: Store, clock: Clock) => Store): (() => OpenStore) =>
  () => {
    let now = Date.parse("2026-11-01T12:00:00Z");
    const clock = (): number => now;
    return {
      store: layer(memoryStore({ clock }), clock),
      now: clock,
      pass: (seconds) => void (now += seconds * 1_000),
    };
  };

const zlibCodec: Codec = {
  id: 7,
  compress: (bytes) => gzipSync(bytes),
  decompress: (bytes, most) => gunzipSync(bytes, { maxOutputLength: most }),
};

storeContract(
  "breaker()",
  over((store, clock) => breaker(store, { clock })),
);
storeContract(
  "timed()",
  over((store) => timed(store, "1s")),
);
storeContract(
  "metered()",
  over((store, clock) => metrics({ clock }).metered(store)),
);
storeContract(
  "compressed() by the platform's streams",
  over((store) => compressed(store, { codec: gzipCodec() })),
);
storeContract(
  "compressed() by the platform's zstd",
  over((store) => compressed(store)),
);
storeContract(
  "compressed() by node:zlib, also of short bodies",
  over((store) => compressed(store, { codec: zlibCodec, minBytes: 0 })),
);
storeContract(
  "writeBehind()",
  over((store, clock) => writeBehind(store, { clock })),
);
