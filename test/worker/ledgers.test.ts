import { env } from "cloudflare:workers";
import { durableLedger } from "../../worker/durable-ledger.ts";
import { kvLedger } from "../../worker/kv-ledger.ts";
import type { LedgerObject } from "../../worker/ledger-object.ts";
import { ledgerContract } from "../support/ledger-contract.ts";

const { CACHE_KV, LEDGER } = env as { CACHE_KV: KVNamespace; LEDGER: DurableObjectNamespace<LedgerObject> }; // As wrangler.toml binds them.

ledgerContract(
  "durableLedger()",
  () => {
    const name = crypto.randomUUID();
    return { ledger: durableLedger(LEDGER, { name }), other: durableLedger(LEDGER, { name }) };
  },
  { runs: 20 },
);

ledgerContract(
  "kvLedger()",
  () => {
    const prefix = `${crypto.randomUUID()}:`;
    let now = 1_000;
    const clock = (): number => (now += 1);
    const one = { prefix, clock, skew: 0 };
    return { ledger: kvLedger(CACHE_KV, one), other: kvLedger(CACHE_KV, one) };
  },
  { isBestEffort: true, runs: 20 },
);
