import {
  memoryStore,
  type Entry,
  type Ledger,
  type LedgerView,
  type Store,
  type Tier,
} from "../../src/index.ts";
import { createEdgeCache } from "../../worker/edge-cache.ts";
import { purgeApi } from "../../worker/purge-api.ts";
import type { Setting } from "./history.ts";
import type { LedgerNode, Line } from "./ledger-node.ts";
import type { Origin } from "./origin.ts";
import type { Party } from "./oracle.ts";
import type { Gone, Scene } from "./scene.ts";

/** An isolate of the edge: the worker's own handler, with its memory, its view and its connections. */
export interface Isolate {
  readonly party: Party;
  readonly view: LedgerView;
  readonly ledger: Ledger;
  readonly isAlive: boolean;
  /** Answers a client, whose connection breaks if the isolate dies. */
  answer(request: Request): Promise<Response>;
  /** Whatever it was doing comes to nothing. */
  die(): void;
}

export interface IsolateOptions {
  readonly line: Line;
  readonly clock: () => number;
  readonly ledger: LedgerNode;
  readonly origin: Origin;
  readonly warm: Setting["warm"];
  /** The stores that isolates share. */
  readonly shared: { readonly cold: Store; readonly warm: Store };
  readonly maxBlind: number;
}

export const FEED = "https://shop.example/_tidemark/purges";

export function isolate(scene: Scene, options: IsolateOptions): Isolate {
  const { line, clock, ledger, origin, warm, shared, maxBlind } = options;
  const { party } = line;
  const never = new Promise<never>(() => undefined);
  const { promise: death, reject: breaks } = Promise.withResolvers<never>();
  death.catch(() => undefined);
  let isAlive = true;
  const gone: Gone = () => (isAlive ? undefined : never);

  const place = (store: Store, name: string): Store =>
    scene.planted.tier?.(store, { name, clock, view: () => edge.view }) ??
    (scene.isReal ? watched(store, scene) : store);
  const far = (name: "cold" | "warm", store: Store): Tier => ({
    name,
    store: remote(place(store, name), `${party.name}'s ${name} store`, scene, gone),
    timeout: name === "cold" ? 0.5 : 0.25,
  });
  const tiers: Tier[] = [{ name: "hot", store: place(memoryStore({ clock }), "hot") }];
  if (warm !== "none") tiers.push(far("warm", warm === "own" ? farStore(scene.mail.now) : shared.warm));
  tiers.push(far("cold", shared.cold));

  const edge = createEdgeCache({
    ledger: ledger.at(line, gone),
    tiers,
    clock,
    bound: party.bound / 1_000,
    maxBlind,
  });
  const context = {
    origin: (request: Request) => origin.ask(request, { party, clock, gone }),
    waitUntil: (work: Promise<unknown>): void => void work.catch(() => undefined),
  };
  const handle = (request: Request): Promise<Response> => edge.handle(request, context);
  const answer = scene.planted.handle?.(handle) ?? handle;
  let api: ReturnType<typeof purgeApi> | undefined;

  /** The purge feed, by the worker's own route. */
  async function feed(request: Request): Promise<Response> {
    api ??= purgeApi({ ledger: edge.ledger, view: edge.view, tokens: () => [], clock });
    return api.fetch(new Request(request.url.replace("/_tidemark", "")));
  }

  return {
    party,
    view: edge.view,
    ledger: edge.ledger,
    get isAlive() {
      return isAlive;
    },
    answer: (request) =>
      Promise.race([request.url.startsWith(FEED) ? feed(request) : answer(request), death]),
    die() {
      isAlive = false;
      party.known.clear();
      breaks(new Error(`${party.name} has crashed`));
    },
  };
}

/** A backend that several isolates may share, with a clock of its own. */
export function farStore(now: () => number): Store {
  const entries = new Map<string, Entry>();
  return {
    name: "far",
    async get(key) {
      const entry = entries.get(key);
      return entry !== undefined && entry.expiresAt > now() ? entry : undefined;
    },
    set: async (key, entry) => void entries.set(key, entry),
    delete: async (keys) => keys.filter((key) => entries.delete(key)).length,
  };
}

/** A store at the end of a line. */
function remote(store: Store, what: string, { mail }: Scene, gone: Gone): Store {
  return {
    ...store,
    async get(key) {
      await (gone() ?? mail.sent(`a read of ${what}`));
      const entry = await store.get(key);
      await (gone() ?? mail.sent(`an answer of ${what}`));
      await gone();
      return entry;
    },
    async set(key, entry, ttl) {
      await (gone() ?? mail.sent(`a write to ${what}`));
      await store.set(key, entry, ttl);
    },
    async delete(keys) {
      await (gone() ?? mail.sent(`a removal from ${what}`));
      return store.delete(keys);
    },
  };
}

/** Looks at each write: laws 2 and 3 speak of what is written. A broken design has to show itself by what is read. */
function watched(store: Store, { truth, report }: Scene): Store {
  return {
    ...store,
    set(key, entry, ttl) {
      const serial = serialOf(entry);
      const violation = serial === undefined ? undefined : truth.kept(serial, entry);
      if (violation !== undefined) report(violation);
      return store.set(key, entry, ttl);
    },
  };
}

/** The number of the origin's answer that an entry holds; `undefined` for a list of variants. */
export function serialOf({ facts }: Entry): number | undefined {
  const { stored } = facts as { stored?: { fields: readonly (readonly [string, string])[] } }; // What the response store writes.
  const serial = stored?.fields.find(([name]) => name === "x-serial")?.[1];
  return serial === undefined ? undefined : Number(serial);
}
