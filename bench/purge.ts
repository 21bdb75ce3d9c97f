import { BentoCache, bentostore } from "bentocache";
import { memoryDriver } from "bentocache/drivers/memory";
import {
  applyDelta,
  memoryLedger,
  memoryStore,
  standing,
  tagSelector,
  urlLabels,
  type Ledger,
  type Standing,
} from "../src/index.ts";
import { contestant, sized, type Contestant, type Subject } from "./measure.ts";

/** One entry carries it. */
const RARE = "country:fr";
/** All entries carry it. */
const COMMON = "countries";

/** Who makes a stock of entries; the first of them carries the rare tag as well. */
interface Stock {
  readonly size: number;
  keyOf(index: number): string;
  tagsOf(index: number): readonly string[];
}

function stockOf(size: number): Stock {
  return {
    size,
    keyOf: (index) => `https://api.example.com/countries/${index}`,
    tagsOf: (index) => (index === 0 ? [COMMON, RARE] : [COMMON]),
  };
}

/** A store and a ledger in memory. */
interface Ours {
  readonly ledger: Ledger;
  /** Throws unless the first entry and the last stand so towards what was purged. */
  insist(first: Standing, last: Standing): Promise<void>;
}

async function filled({ size, keyOf, tagsOf }: Stock): Promise<Ours> {
  const ledger = memoryLedger();
  const store = memoryStore<string>({ maxBytes: "4gb" });
  const { epoch, position } = await ledger.since(undefined);
  const expiresAt = Date.now() + 3_600_000;
  // All but the url is the same for all.
  const shared = urlLabels("https://api.example.com/countries").filter((label) => !label.startsWith("url:"));
  for (let index = 0; index < size; index += 1) {
    const labels = [...shared, ...tagsOf(index).map(tagSelector)];
    const entry = { mark: { epoch, position, labels }, expiresAt, facts: null, body: "x" };
    await store.set(keyOf(index), entry, 3_600);
  }
  return {
    ledger,
    async insist(...expected) {
      const snapshot = applyDelta(undefined, await ledger.since(undefined), Date.now());
      for (const [place, index] of [0, size - 1].entries()) {
        const entry = await store.get(keyOf(index));
        const outcome = entry && snapshot && standing(entry.mark, snapshot);
        if (outcome !== expected[place])
          throw new Error(`Cannot measure: entry ${index} is ${outcome}, not ${expected[place]}`);
      }
    },
  };
}

async function filledBento({
  size,
  keyOf,
  tagsOf,
}: Stock): Promise<BentoCache<{ cache: ReturnType<typeof bentostore> }>> {
  const driver = memoryDriver({ maxItems: 2 * size + 10_000 });
  const cache = new BentoCache({ default: "cache", stores: { cache: bentostore().useL1Layer(driver) } });
  for (let index = 0; index < size; index += 1)
    await cache.set({ key: keyOf(index), value: "x", ttl: "1h", tags: [...tagsOf(index)] });
  return cache;
}

/** The usual way by hand: an index of keys by tag. What a purge took away is put back before the next, untimed. */
function indexed({ size, keyOf, tagsOf }: Stock, tag: string): Contestant {
  const values = new Map<string, string>();
  const byTag = new Map<string, Set<string>>();
  const fill = (index: number): void => {
    const key = keyOf(index);
    values.set(key, "x");
    for (const name of tagsOf(index)) {
      const keys = byTag.get(name) ?? new Set<string>();
      byTag.set(name, keys.add(key));
    }
  };
  for (let index = 0; index < size; index += 1) fill(index);
  return once(`an index from tags to keys (\`Map\` of \`Set\`s)`, {
    purge() {
      for (const key of byTag.get(tag) ?? []) values.delete(key);
      byTag.delete(tag);
    },
    restore() {
      if (tag === RARE) fill(0);
      else for (let index = 0; index < size; index += 1) fill(index);
    },
  });
}

/** The other way by hand: a walk through everything. */
function scanned({ size, keyOf, tagsOf }: Stock, tag: string): Contestant {
  const values = new Map<string, { readonly tags: readonly string[] }>();
  const fill = (index: number): void => void values.set(keyOf(index), { tags: tagsOf(index) });
  for (let index = 0; index < size; index += 1) fill(index);
  return once("a scan of all entries", {
    purge() {
      for (const [key, { tags }] of values) if (tags.includes(tag)) values.delete(key);
    },
    restore() {
      if (tag === RARE) fill(0);
      else for (let index = 0; index < size; index += 1) fill(index);
    },
  });
}

/** One operation for each sample, as it can be done only once. */
function once(name: string, { purge, restore }: { purge: () => void; restore: () => void }): Contestant {
  return {
    name,
    async sample() {
      const start = performance.now();
      purge();
      const took = (performance.now() - start) * 1e6;
      restore();
      return took;
    },
  };
}

export const purgeSubject: Subject = {
  title: "A purge of a tag",
  about:
    "The ledger and the stores in memory, hard purges, over as many entries in every case: once of a tag that one entry " +
    "carries, once of a tag that all of them carry. Here and in `bentocache` a purge is noted and found out about on " +
    "read; what it covers keeps its room until it is overwritten or pushed out. An index and a scan do the work at once.",
  async run(hold, _, effort) {
    const stock = stockOf(sized(1_000_000, effort));
    const { ledger, insist } = await filled(stock);
    const bento = await filledBento(stock);
    const ours = (name: string, tag: string): Contestant =>
      contestant(name, () => ledger.purge({ selectors: [tagSelector(tag)], mode: "hard" }));
    const theirs = (tag: string): Contestant =>
      contestant("bentocache, `deleteByTag`", () => bento.deleteByTag({ tags: [tag] }));
    await insist("current", "current");
    const size = stock.size.toLocaleString("en");
    await hold({
      title: `a tag of 1 entry of ${size}`,
      contestants: [ours("tidemark", RARE), theirs(RARE), indexed(stock, RARE), scanned(stock, RARE)],
    });
    await insist("gone", "current");
    await hold({
      title: `a tag of all ${size} entries`,
      contestants: [
        ours("tidemark", COMMON),
        ours("tidemark, the tag of 1 entry", RARE),
        theirs(COMMON),
        indexed(stock, COMMON),
        scanned(stock, COMMON),
      ],
    });
    await insist("gone", "gone");
  },
};
