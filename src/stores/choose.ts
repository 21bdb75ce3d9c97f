import { type ByteSize, toBytes } from "../duration.ts";
import { cannot } from "../errors.ts";

/** Who sees what one of them has stored: the process alone; one machine or data centre; all there are. */
export type SharedBy = "process" | "place" | "everywhere";

/** What happens in one atomic step: nothing; `add`; `replace` and `increment` as well. */
export type Atomic = "nothing" | "add" | "change";

export type StorePlatform = "node" | "workers" | "browser";

/** What a store must be able to do. What is left out is no need. */
export interface StoreNeeds {
  readonly platform: StorePlatform;
  /** @defaultValue "process" */
  readonly sharedBy?: SharedBy;
  /** Whether entries are to outlive a restart. @defaultValue false */
  readonly lasting?: boolean;
  /** `add` for locks, `change` for counters and for fills that several processes may race. @defaultValue "nothing" */
  readonly atomic?: Atomic;
  /** The largest entry. @defaultValue none that is large */
  readonly largest?: ByteSize;
}

/** A store, and why. */
export interface StoreAdvice {
  /** The function that makes it. */
  readonly store: string;
  /** One sentence: what it is, and why nearer ones will not do. */
  readonly reason: string;
}

/** What a store can do. */
export interface StoreTraits {
  readonly store: string;
  /** What it is, in a few words. */
  readonly is: string;
  readonly platforms: readonly StorePlatform[];
  readonly sharedBy: SharedBy;
  readonly lasting: boolean;
  readonly atomic: Atomic;
  /** Bytes of the largest entry, `Infinity` where only memory or the server's settings say. */
  readonly largest: number;
}

const MB = 1_048_576;

/** Near and quick ones first; of equals, the one that asks for less. */
export const STORE_TRAITS: readonly StoreTraits[] = [
  {
    store: "memoryStore",
    is: "this process's own memory",
    platforms: ["node", "workers", "browser"],
    ...{ sharedBy: "process", lasting: false, atomic: "change", largest: Infinity },
  },
  {
    store: "cacheApiStore",
    is: "the Cache API of one data centre",
    platforms: ["workers"],
    ...{ sharedBy: "place", lasting: false, atomic: "nothing", largest: 512 * MB },
  },
  {
    store: "kvStore",
    is: "Workers KV, everywhere and up to a minute behind",
    platforms: ["workers"],
    ...{ sharedBy: "everywhere", lasting: true, atomic: "nothing", largest: 25 * MB },
  },
  {
    store: "sqlStore",
    is: "one table of a SQLite file",
    platforms: ["node"],
    ...{ sharedBy: "place", lasting: true, atomic: "change", largest: 1_900_000 },
  },
  {
    store: "sqlStore",
    is: "one table of D1",
    platforms: ["workers"],
    ...{ sharedBy: "everywhere", lasting: true, atomic: "change", largest: 1_900_000 },
  },
  {
    store: "redisStore",
    is: "Redis, over a connection of your own",
    platforms: ["node"],
    ...{ sharedBy: "everywhere", lasting: true, atomic: "change", largest: 512 * MB },
  },
  {
    store: "durableRedisStore",
    is: "Redis, over one connection that a Durable Object holds",
    platforms: ["workers"],
    ...{ sharedBy: "everywhere", lasting: true, atomic: "change", largest: 32 * MB },
  },
  {
    store: "redisRestStore",
    is: "Redis over HTTP",
    platforms: ["node", "workers"],
    ...{ sharedBy: "everywhere", lasting: true, atomic: "change", largest: Infinity },
  },
  {
    store: "memcachedStore",
    is: "Memcached, on one server or several",
    platforms: ["node"],
    ...{ sharedBy: "everywhere", lasting: false, atomic: "add", largest: 1_000_000 },
  },
  {
    store: "unstorageStore",
    is: "a driver of unstorage, such as files",
    platforms: ["node", "workers", "browser"],
    ...{ sharedBy: "place", lasting: true, atomic: "nothing", largest: Infinity },
  },
];

const REACH: readonly SharedBy[] = ["process", "place", "everywhere"];
const STEPS: readonly Atomic[] = ["nothing", "add", "change"];

/**
 * Advises a store: the nearest that does all that is needed. A hint for who builds a cache; what is near may still go in
 * front of it as a tier of its own.
 *
 * @throws {TypeError} if a need is none that it knows
 * @throws {RangeError} if no store does it all
 */
export function chooseStore(needs: StoreNeeds): StoreAdvice {
  const { platform, sharedBy = "process", lasting = false, atomic = "nothing", largest = 0 } = needs;
  const bytes = toBytes(largest, "largest");
  const here = STORE_TRAITS.filter(({ platforms }) => platforms.includes(platform));
  if (here.length === 0)
    throw new TypeError(cannot("choose a store", "platform is node, workers or browser", platform));
  if (!REACH.includes(sharedBy))
    throw new TypeError(cannot("choose a store", "sharedBy is process, place or everywhere", sharedBy));
  if (!STEPS.includes(atomic))
    throw new TypeError(cannot("choose a store", "atomic is nothing, add or change", atomic));

  function lacks(it: StoreTraits): string | undefined {
    if (REACH.indexOf(it.sharedBy) < REACH.indexOf(sharedBy))
      return it.sharedBy === "process" ? "is seen by one process alone" : "is seen in one place alone";
    if (lasting && !it.lasting) return "does not outlive a restart";
    if (STEPS.indexOf(it.atomic) < STEPS.indexOf(atomic)) return `cannot ${atomic} in one atomic step`;
    return bytes > it.largest ? "does not take entries so large" : undefined;
  }

  const chosen = here.findIndex((it) => lacks(it) === undefined);
  const advised = here[chosen];
  const refused = here.slice(0, advised === undefined ? undefined : chosen);
  const why = refused.map((it) => `${it.store} (${it.is}) ${lacks(it)}`).join("; ");
  if (advised === undefined) throw new RangeError(`Cannot choose a store: ${why}`);
  const reason = `${advised.store} is ${advised.is}, the nearest that does what is needed`;
  return { store: advised.store, reason: why === "" ? reason : `${reason}; ${why}` };
}
