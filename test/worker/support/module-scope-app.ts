import { env } from "cloudflare:workers";
import { createCache, ledgerView, memoryLedger, memoryStore, type Ledger } from "../../../src/index.ts";
import { createEdgeCache } from "../../../worker/index.ts";

const { ORIGIN } = env as unknown as { readonly ORIGIN: string }; // As the test binds it.

// All of these are made before there is a request, where workerd allows neither chance nor timers nor I/O.
const cache = createCache();
const ledger = memoryLedger();
const store = memoryStore();
const withView = createCache({ tiers: [store], ledger, view: ledgerView({ ledger }) });
const roomless = createCache({ maxValueBytes: 1 });
const edge = createEdgeCache({ ledger: memoryLedger() });

const known = memoryLedger();
const asking: Ledger = {
  async since(point) {
    await fetch(`${ORIGIN}/ledger`);
    return known.since(point);
  },
  purge: (order) => known.purge(order),
};
/** Every request comes at the same instant. */
const clock = (): number => 1_800_000_000_000;
const eachTime = ledgerView({ ledger: asking, bound: 0, clock });
const asked = createCache({ ledger: asking, view: eachTime, clock });

const kept = async (path: string): Promise<string> =>
  `${await cache.getOrSet(path, () => path, { tags: ["all"] })} ${await withView.getOrSet(path, () => path)}`;

const ROUTES: Record<string, (path: string) => Promise<string>> = {
  async keep(path) {
    return `${await kept(path)} ${cache.peek(path)} ${edge.bound}`;
  },
  async purge(path) {
    await kept(path);
    await cache.purge({ tags: ["all"] });
    await withView.delete(path);
    return `${await cache.get(path)} ${await withView.get(path)}`;
  },
  async response(path) {
    const response = await cache.getOrSet(path, () => fetch(ORIGIN + path));
    return response.text();
  },
  async large(path) {
    const made = async () => ({ text: await (await fetch(ORIGIN + path)).text() });
    return (await roomless.getOrSet(path, made)).text;
  },
  async peek(path) {
    return String(asked.peek(path.replace("/peek", "/get")));
  },
  async get(path) {
    return asked.getOrSet(path, () => path);
  },
};

export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const route = ROUTES[pathname.split("/")[1] ?? ""];
    return new Response(route === undefined ? "pong" : await route(pathname));
  },
};
