import { applyPurge, deltaSince, emptyLedger, type LedgerState } from "../../src/purge/state.ts";
import { EVERYTHING } from "../../src/index.ts";
import type { Tide } from "../../src/purge/ledger.ts";
import type {
  Entry,
  Ledger,
  LedgerView,
  PurgeOrder,
  PurgeReceipt,
  Selector,
  Store,
} from "../../src/index.ts";

/** A way to build the cache: the real one, or one with a planted mistake. */
export interface Design {
  readonly name: string;
  /** All views ask the ledger for each read: what goes wrong is not for lack of news. */
  readonly asksAlways?: boolean;
  /** No clock is ever set: what goes wrong is not the clocks' fault. */
  readonly keepsClocks?: boolean;
  /** Plants the mistake in a new world. */
  plant?(world: WorldParts): Planted;
}

/** What a mistake may know of its world. */
export interface WorldParts {
  now(): number;
  /** A message on its way, that a history may hold. */
  sent(what: string): Promise<void> | undefined;
  /** The number of the origin's answer that an entry holds; `undefined` for a list of variants. */
  serialOf(entry: Entry): number | undefined;
}

/** Where a mistake takes the place of the real thing. */
export interface Planted {
  ledger?(real: Ledger): Ledger;
  tier?(store: Store, place: Place): Store;
  handle?(handle: Handle): Handle;
  /** The origin has given this answer to an isolate that asked at an instant of its own clock. */
  answered?(serial: number, askedAt: number): Promise<void> | void;
}

export type Handle = (request: Request) => Promise<Response>;

/** One tier of one isolate. */
export interface Place {
  readonly name: string;
  readonly clock: () => number;
  readonly view: () => LedgerView;
}

export const REAL: Design = { name: "the design as it is" };

/** Receipts of another epoch than any view's, so that purges of a design do not reach views by themselves. */
function receipts(): (order: PurgeOrder) => PurgeReceipt {
  let position = 0;
  return ({ selectors }) => ({ epoch: "none", position: (position += 1), selectors: selectors.length });
}

const isCovered = ({ mark }: Entry, selectors: readonly Selector[]): boolean =>
  selectors.includes(EVERYTHING) || mark.labels.some((label) => selectors.includes(label));

/** A purge removes what it finds in all tiers, at once. What is on its way into one comes back. */
const deleteOnly: Design = {
  name: "delete only",
  plant() {
    const kept: { readonly key: string; readonly entry: Entry; readonly store: Store }[] = [];
    const receipt = receipts();
    return {
      tier: (store) => ({
        ...store,
        set(key, entry, ttl) {
          kept.push({ key, entry, store });
          return store.set(key, entry, ttl);
        },
      }),
      ledger: () => ({
        since: async () => ({ epoch: "e", position: 0, floor: 0, since: null, changes: [] }),
        async purge(order) {
          for (const { key, entry, store } of kept)
            if (isCovered(entry, order.selectors)) void store.delete([key]);
          return receipt(order);
        },
      }),
    };
  },
};

/** A ledger whose positions are instants: entries are marked with times, and compared with the time of a purge. */
function timeLedger(now: () => number): Ledger {
  const END = Number.MAX_SAFE_INTEGER - 1;
  const selectors = new Map<Selector, Tide>();
  const receipt = receipts();
  return {
    since: async () => {
      const changes = [...selectors].map(([selector, { hard, soft }]) => [selector, hard, soft] as const);
      return { epoch: "e", position: END, floor: 0, since: null, changes };
    },
    async purge(order) {
      // In doubt, what is marked with the same millisecond is purged.
      for (const selector of order.selectors)
        selectors.set(selector, { hard: 0, soft: 0, ...selectors.get(selector), [order.mode]: now() + 1 });
      return receipt(order);
    },
  };
}

function markedAt(store: Store, timeOf: (entry: Entry) => number | undefined): Store {
  return {
    ...store,
    set(key, entry, ttl) {
      const position = timeOf(entry) ?? entry.mark.position;
      return store.set(key, { ...entry, mark: { ...entry.mark, position } }, ttl);
    },
  };
}

/** A purge notes the time for each tag; an entry that was stored after that counts, also if it was fetched before. */
const storeTime: Design = {
  name: "tag time against store time",
  asksAlways: true,
  keepsClocks: true,
  plant({ now, serialOf }) {
    const storedAt = new Map<number, number>();
    return {
      ledger: () => timeLedger(now),
      tier: (store, { clock }) =>
        markedAt(store, (entry) => {
          const serial = serialOf(entry);
          if (serial === undefined) return undefined;
          const at = storedAt.get(serial) ?? clock();
          storedAt.set(serial, at);
          return at;
        }),
    };
  },
};

/** An entry is marked with the time at which its fetch began, on the clock of whoever fetched, which may be ahead. */
const startTime: Design = {
  name: "start time without a margin for skew",
  asksAlways: true,
  plant({ now, serialOf }) {
    const startedAt = new Map<number, number>();
    return {
      ledger: () => timeLedger(now),
      answered: (serial, askedAt) => void startedAt.set(serial, askedAt),
      tier: (store) => markedAt(store, (entry) => startedAt.get(serialOf(entry) ?? -1)),
    };
  },
};

/** The ledger is asked once the answer is there: a purge that came while it was on its way passes for an older one. */
const markAfter: Design = {
  name: "the mark taken after the origin's answer",
  plant({ serialOf }) {
    const positions = new Map<number, number>();
    let ledger: Ledger | undefined;
    return {
      ledger: (real) => (ledger = real),
      async answered(serial) {
        positions.set(serial, (await ledger?.since(undefined))?.position ?? 0);
      },
      tier: (store) => markedAt(store, (entry) => positions.get(serialOf(entry) ?? -1)),
    };
  },
};

/** What is copied from a farther tier into the nearest is marked as if it had just been fetched. */
const markedAnew: Design = {
  name: "a copy marked anew",
  plant() {
    const copies = new WeakSet<Entry>();
    return {
      tier: (store, { name, view }) =>
        name === "hot"
          ? {
              ...store,
              async set(key, entry, ttl) {
                const snapshot = copies.has(entry) ? await view().read() : undefined;
                const mark = snapshot ? { ...entry.mark, position: snapshot.position } : entry.mark;
                return store.set(key, { ...entry, mark }, ttl);
              },
            }
          : {
              ...store,
              async get(key) {
                const entry = await store.get(key);
                if (entry !== undefined) copies.add(entry);
                return entry;
              },
            },
    };
  },
};

/** Equal requests share one answer, whenever its fetch began and whatever has been purged since. */
const anyFlight: Design = {
  name: "waiters join any flight",
  plant: () => ({
    handle(handle) {
      const flights = new Map<string, Promise<Response>>();
      return async (request) => {
        if (request.method !== "GET") return handle(request);
        const key = `${request.url} ${request.headers.get("kind")}`;
        const flight = flights.get(key) ?? handle(request);
        flights.set(key, flight);
        const response = await flight.finally(() => flights.delete(key));
        return response.clone();
      };
    },
  }),
};

/** A purge reads the ledger from a store without transactions and writes it back changed: of two at once, one is lost. */
const readModifyWrite: Design = {
  name: "a sequence in a key-value store",
  plant({ sent }) {
    let stored: LedgerState = emptyLedger("e1");
    return {
      ledger: () => ({
        since: async (known) => deltaSince(stored, known),
        async purge(order) {
          const read = { ...stored, selectors: new Map(stored.selectors) };
          await sent("the ledger writes itself back");
          const made = applyPurge(read, order);
          stored = read;
          return made;
        },
      }),
    };
  },
};

/** Seven ways in which purging is often built, and by which purged bodies come back. */
export const BROKEN: readonly Design[] = [
  deleteOnly,
  storeTime,
  startTime,
  markAfter,
  markedAnew,
  anyFlight,
  readModifyWrite,
];
