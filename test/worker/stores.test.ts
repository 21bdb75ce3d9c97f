import { env } from "cloudflare:workers";
import { cacheApiStore, kvStore } from "../../worker/index.ts";
import { storeContract } from "../support/store-contract.ts";

const { CACHE_KV } = env as { CACHE_KV: KVNamespace }; // As wrangler.toml binds it.
let opened = 0;

storeContract("kvStore()", async () => ({ store: kvStore(CACHE_KV) }));
storeContract("cacheApiStore()", async () => {
  const name = `contract-${++opened}`;
  return { store: cacheApiStore(() => caches.open(name)) };
});
