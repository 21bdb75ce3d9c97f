// Runs inside workerd: the cache's own routes over the ledger, and beside them what the platform alone takes for the like.
import { DurableObject } from "cloudflare:workers";
import { Hono } from "hono";
import { memoryStore, parseToken } from "../../src/index.ts";
import {
  createEdgeCache,
  durableLedger,
  EDGE_PATH,
  edgeRoutes,
  type LedgerObject,
} from "../../worker/index.ts";

export { LedgerObject } from "../../worker/index.ts";

interface BenchEnv {
  readonly LEDGER: DurableObjectNamespace<LedgerObject>;
  readonly COUNTER: DurableObjectNamespace<CounterObject>;
  readonly PURGE_TOKEN: string;
}

/** As little as a durable object that answers durably can do: one row, written anew. */
export class CounterObject extends DurableObject<BenchEnv> {
  constructor(ctx: DurableObjectState, env: BenchEnv) {
    super(ctx, env);
    ctx.storage.sql.exec(
      "CREATE TABLE IF NOT EXISTS head (id INTEGER PRIMARY KEY, position INTEGER NOT NULL)",
    );
    ctx.storage.sql.exec("INSERT OR IGNORE INTO head (id, position) VALUES (0, 0)");
  }

  count(): number {
    return this.ctx.storage.sql
      .exec<{ position: number }>("UPDATE head SET position = position + 1 RETURNING position")
      .one().position;
  }

  nothing(): number {
    return 0;
  }
}

let app: Hono | undefined;

function routes({ LEDGER, COUNTER, PURGE_TOKEN }: BenchEnv): Hono {
  const ledger = durableLedger(LEDGER);
  const edge = createEdgeCache({ ledger, tiers: [{ name: "hot", store: memoryStore() }] });
  // What is measured is the ledger, not the limit that is set for those who order purges.
  const purgeLimits = { perMinute: 1e9 };
  const counter = () => COUNTER.get(COUNTER.idFromName("counter"));
  return new Hono()
    .route(EDGE_PATH, edgeRoutes({ edge, purgeTokens: [PURGE_TOKEN], purgeLimits }))
    .get("/since", async ({ req, json }) => json(await ledger.since(parseToken(req.query("token")))))
    .post("/count", async ({ json }) => json(await counter().count()))
    .get("/nothing", async ({ json }) => json(await counter().nothing()));
}

// The platform takes its worker as the default export.
export default {
  fetch(request: Request, env: BenchEnv): Response | Promise<Response> {
    app ??= routes(env);
    return app.fetch(request);
  },
};
