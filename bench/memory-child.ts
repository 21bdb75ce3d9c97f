// Fills one cache and prints how many bytes each of its entries takes. Run with --expose-gc: [name] [entries].
import { createCache, memoryStore } from "../src/index.ts";
import { VALUE_PEERS } from "./value-peers.ts";

const TTL_MS = 3_600_000;

type Reader = (key: string) => Promise<unknown>;

/** Text of its own, in one piece, as a parser makes it. */
async function load(key: string): Promise<string> {
  return Buffer.from(key.padEnd(100, "x")).toString("latin1");
}

function open(name: string, most: number): Reader {
  const peer = VALUE_PEERS.find((one) => one.name === name);
  if (peer !== undefined) return peer.open(load, TTL_MS, most);
  const tags = name.endsWith("two tags") ? (key: string) => ["users", key] : () => [];
  const cache = createCache({
    prefix: "shop",
    version: 3,
    ttl: "1h",
    ...(name.endsWith("jitter") && { jitter: 0.1 }),
    tiers: [memoryStore({ maxBytes: "1gb" })],
  });
  return (key) => cache.getOrSet(key, () => load(key), { tags: tags(key) });
}

/** In all heaps, after everything that can be collected has been. */
function bytes(): number {
  for (let times = 0; times < 5; times += 1) globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const [name = "", count = ""] = process.argv.slice(2);
const keys = Array.from({ length: Number(count) }, (_, index) => `user:${index}`);
// Another one first: what code takes is not counted.
const warm = open(name, 1_000);
for (const key of keys.slice(0, 1_000)) await warm(`warm:${key}`);
const before = bytes();
const read = open(name, keys.length);
for (const key of keys) await read(key);
const taken = bytes() - before;
if ((await read(keys[0] ?? "")) !== (await load(keys[0] ?? ""))) throw new Error("Cannot measure: no hit");
console.log(taken / keys.length);
