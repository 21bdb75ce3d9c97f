import { type Context, Hono } from "hono";
import { cannot } from "../src/index.ts";
import type { LiveObject } from "./live-object.ts";

/** How purges are told of as they happen. */
export interface LiveOptions {
  /** The objects that hold the listeners: {@link LiveObject}, bound as `LIVE`, in the same Worker as the ledger. */
  readonly namespace: DurableObjectNamespace<LiveObject>;
  /**
   * Over how many objects listeners are spread. Each one with listeners costs the ledger one message for a burst of
   * purges.
   *
   * @defaultValue 4
   */
  readonly shards?: number;
  /**
   * How many may listen to one shard; the platform holds 32,768 sockets an object.
   *
   * @defaultValue 25_000
   */
  readonly connections?: number;
  /** The ledger's name, as `durableLedger` has it. @defaultValue "tidemark" */
  readonly ledger?: string;
  /**
   * Origins whose pages may listen; a request that names no origin may in any case, so this keeps out pages of other
   * sites and nobody else. The purges are public.
   *
   * @defaultValue all
   */
  readonly origins?: readonly string[];
}

const NO_STORE = { "cache-control": "no-store" };

/**
 * `GET /live?since=<token>`: public, the purges as they happen, as a WebSocket or, for who asks for
 * `text/event-stream`, as server-sent events. Each message is a `LedgerDelta`. The first holds what has happened since
 * the token, in at most about 256 KB, or the whole ledger for who has none or an old one; it comes also where that is
 * nothing, as for a token that lies ahead of the ledger, and says where the ledger stands.
 *
 * Over a WebSocket `ping` is answered with `pong`, and `? <id> <token>` with the purges since the token as the ledger
 * knows them then; the `id` comes back with the last message of the answer. Anything else, and too much of it, ends
 * the connection. 501 where there are no listeners' objects, 503 with `Retry-After` where no more can listen.
 *
 * @throws {RangeError} if `shards` or `connections` is not a positive whole number
 */
export function liveRoutes(options: LiveOptions | undefined): Hono {
  const routes = new Hono();
  if (options === undefined) {
    routes.all("/live", (context) =>
      refusal(context, 501, "Purges are not told of as they happen here: LIVE is not bound"),
    );
    return routes;
  }
  const { namespace, shards = 4, connections = 25_000, ledger = "tidemark", origins } = options;
  for (const [name, value] of Object.entries({ shards, connections })) {
    if (!Number.isInteger(value) || value < 1)
      throw new RangeError(cannot("tell of purges", `${name} must be a positive whole number`, value));
  }

  routes.get("/live", async (context) => {
    const origin = context.req.header("origin");
    if (origin !== undefined && origins !== undefined && !origins.includes(origin))
      return refusal(context, 403, "Pages of this origin may not listen");
    const isSocket = context.req.header("upgrade")?.toLowerCase() === "websocket";
    if (!isSocket && !context.req.header("accept")?.includes("text/event-stream"))
      return refusal(context, 426, "This is for a WebSocket, or for text/event-stream", {
        upgrade: "websocket",
      });
    // By chance: no listener is like another, and nobody can choose to crowd one shard.
    const shard = `${ledger}/live/${Math.floor(Math.random() * shards)}`;
    // A browser that reconnects to an event stream keeps its URL, and says where it was in a field.
    const since = context.req.header("last-event-id") ?? context.req.query("since") ?? "";
    const address = `http://live/?${new URLSearchParams({ ledger, shard, since, connections: `${connections}` }).toString()}`;
    const headers = isSocket ? { upgrade: "websocket" } : {};
    try {
      return await namespace.get(namespace.idFromName(shard)).fetch(address, { headers });
    } catch {
      return refusal(context, 503, "The listeners' object cannot be reached", { "retry-after": "5" });
    }
  });
  routes.all("/live", (context) => refusal(context, 405, "This resource takes GET", { allow: "GET" }));
  return routes;
}

function refusal(
  context: Context,
  status: 403 | 405 | 426 | 501 | 503,
  error: string,
  fields: Readonly<Record<string, string>> = {},
): Response {
  return context.json({ error }, status, { ...NO_STORE, ...fields });
}
