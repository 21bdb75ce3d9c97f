/** @jsxImportSource hono/jsx */
import { env } from "cloudflare:workers";
import { Hono } from "hono";
import type { FC } from "hono/jsx";
import { jsxRenderer, useRequestContext } from "hono/jsx-renderer";
import { Cached } from "../../../worker/fragment.ts";
import {
  createEdgeCache,
  durableLedger,
  edgeCache,
  EDGE_PATH,
  edgeRoutes,
  tiersFrom,
  valueCache,
  type LedgerObject,
  type TierEnv,
  type ValueCacheEnv,
} from "../../../worker/index.ts";

export { LedgerObject } from "../../../worker/index.ts";

interface Bindings extends TierEnv {
  readonly LEDGER: DurableObjectNamespace<LedgerObject>;
  readonly ORIGIN: string;
}

const { LEDGER } = env as unknown as Bindings; // As the test binds it.
const edge = createEdgeCache({ ledger: durableLedger(LEDGER) });

/** An app with a cache of values and one of responses, over an origin that the test plays. */
const app = new Hono<{ Bindings: Bindings } & ValueCacheEnv>();
app.use(valueCache<Bindings>((bindings) => ({ edge, tiers: tiersFrom(bindings, { memory: "16mb" }) })));
app.route(EDGE_PATH, edgeRoutes({ edge, purgeTokens: ["a-token-for-the-tests"] }));
app.get("/value/:key", async (c) => {
  const key = c.req.param("key");
  const value = await c.var.cache.getOrSet(key, async () => (await fetch(`${c.env.ORIGIN}/${key}`)).text(), {
    tags: [`row:${key}`],
  });
  return c.text(value);
});
app.post("/save/:key", async (c) => {
  await c.var.cache.purge({ tags: [`row:${c.req.param("key")}`] });
  return c.text("saved");
});
app.use("/page/*", edgeCache({ app, edge }));
app.get("/page/:key", (c) =>
  c.text(crypto.randomUUID(), 200, {
    "cache-control": "max-age=600",
    "cache-tag": `row:${c.req.param("key")}`,
  }),
);
app.use(
  "/fragments/*",
  jsxRenderer(({ children }) => <main>{children}</main>, { docType: false }),
);
const Late: FC = async () => {
  await Promise.resolve();
  return (
    <Cached cacheKey="inner">
      {() => <b>{`${useRequestContext().req.path} ${crypto.randomUUID()}`}</b>}
    </Cached>
  );
};
app.get("/fragments/:key", (c) =>
  c.render(
    <Cached cacheKey={["outer", c.req.param("key")]}>
      {() => (
        <div>
          <Late />
          {crypto.randomUUID()}
        </div>
      )}
    </Cached>,
  ),
);
app.get("/ping", (c) => c.text("pong"));

export default app;
