import { BentoCache, bentostore } from "bentocache";
import { memoryDriver } from "bentocache/drivers/memory";
import {
  applyDelta,
  memoryStore,
  patternSelector,
  prefixSelector,
  standing,
  tagSelector,
  urlLabels,
  urlSelector,
  type Mark,
  type Selector,
  type Snapshot,
  type Standing,
} from "../src/index.ts";
import { contestant, sized, type Effort, type Subject } from "./measure.ts";
import { inTurn } from "./samples.ts";

const EPOCH = "the-epoch";
/** Where the ledger stood when the entries were filled. */
const FILLED_AT = 1_000_000;
const TAGS = ["country", "region", "currency", "language", "page"];

function urlOf(index: number): string {
  return `https://api.example.com/v1/countries/europe/${index}`;
}

/** Five tags, the path's four ancestors and itself, host, url and bucket: 13 labels. */
function labelsOf(index: number): readonly Selector[] {
  return [...urlLabels(urlOf(index)), ...TAGS.map((kind) => tagSelector(`${kind}:${index}`))];
}

function markOf(index: number): Mark {
  return { epoch: EPOCH, position: FILLED_AT, labels: labelsOf(index) };
}

/** Purges as a site has them, none of which covers an entry here: seven tags to two urls and a prefix. */
function otherSelectors(count: number): readonly Selector[] {
  return Array.from({ length: count }, (_, index) => {
    if (index % 10 < 7) return tagSelector(`country:other-${index}`);
    const url = urlOf(1_000_000 + index);
    const selector = index % 10 < 9 ? urlSelector(url) : prefixSelector(url.slice("https://".length));
    return known(selector);
  });
}

/** A reader's snapshot of a ledger of these selectors, hard purged one after the other, the last ones after the fills. */
function snapshotOf(selectors: readonly Selector[], purgedSince: number): Snapshot {
  const first = FILLED_AT + 1 + purgedSince - selectors.length;
  const changes = selectors.map((selector, index) => [selector, first + index, 0] as const);
  const position = FILLED_AT + purgedSince;
  return known(applyDelta(undefined, { epoch: EPOCH, position, floor: 0, since: null, changes }, Date.now()));
}

/** A check with the outcome that it must have: a quick wrong one would be no feat. */
function check(snapshot: Snapshot, expected: Standing, mark: () => Mark): () => Standing {
  const outcome = standing(mark(), snapshot);
  if (outcome !== expected) throw new Error(`Cannot measure: the entry is ${outcome}, not ${expected}`);
  return () => standing(mark(), snapshot);
}

/** As `check`, against a list that is gone through: how many purges after the fill cover the entry. */
function banList(selectors: readonly Selector[], mark: () => Mark): () => number {
  return () => {
    const { labels } = mark();
    let covering = 0;
    for (const selector of selectors) if (labels.includes(selector)) covering += 1;
    return covering;
  };
}

/** What no check by labels can do without: a look for each of them, and one for what purges everything. */
function probesAlone({ selectors }: Snapshot, mark: () => Mark): () => number {
  return () => {
    let found = selectors.has("all") ? 1 : 0;
    for (const label of mark().labels) if (selectors.has(label)) found += 1;
    return found;
  };
}

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("Cannot measure: a sample has not the form it should have");
  return value;
}

/** A read with its check, from a store in memory. */
async function ourRead(snapshot: Snapshot): Promise<() => Promise<unknown>> {
  const store = memoryStore<string>();
  const fills: Promise<unknown>[] = [];
  const next = inTurn((index) => {
    const expiresAt = Date.now() + 3_600_000;
    fills.push(store.set(urlOf(index), { mark: markOf(index), expiresAt, facts: null, body: "x" }, 3_600));
    return urlOf(index);
  });
  await Promise.all(fills);
  return async () => {
    const entry = known(await store.get(next()));
    if (standing(entry.mark, snapshot) !== "current") throw new Error("Cannot measure: no hit");
    return entry.body;
  };
}

/** The same of the peer, which looks for each tag's last purge in its cache. */
async function bentoRead(purged: number): Promise<() => Promise<unknown>> {
  const driver = memoryDriver({ maxItems: 2 * purged + 10_000 });
  const cache = new BentoCache({ default: "cache", stores: { cache: bentostore().useL1Layer(driver) } });
  for (let index = 0; index < purged; index += 1)
    await cache.deleteByTag({ tags: [`country:other-${index}`] });
  const keys: string[] = [];
  const next = inTurn((index) => keys[keys.push(urlOf(index)) - 1] ?? "");
  for (const [index, key] of keys.entries())
    await cache.set({ key, value: "x", ttl: "1h", tags: TAGS.map((kind) => `${kind}:${index}`) });
  return async () => {
    const value: unknown = await cache.get({ key: next() });
    if (value !== "x") throw new Error("Cannot measure: the peer has no hit");
    return value;
  };
}

async function run(hold: Parameters<Subject["run"]>[0], effort: Effort): Promise<void> {
  const count = sized(10_000, effort);
  const selectors = otherSelectors(count);
  const mark = inTurn(markOf);
  const none = snapshotOf(selectors, count);
  await hold({
    title: `${count.toLocaleString("en")} purges since the entry was filled, none covers it`,
    contestants: [
      contestant("tidemark", check(none, "current", mark)),
      contestant("the `Map`'s probes alone", probesAlone(none, mark)),
      contestant("a list of purges, gone through (as for a ban)", banList(selectors, mark)),
    ],
  });

  const pattern = known(patternSelector("api.example.com/v1/countries/*/*/flag-*.svg"));
  const patterns = Array.from({ length: 64 }, (_, index) =>
    known(patternSelector(`api.example.com/v1/countries/*/*/flag-${index}-*.svg`)),
  );
  const lastTag = Array.from({ length: 256 }, (_, index) => tagSelector(`page:${index}`));
  await hold({
    title: "the same in other cases",
    contestants: [
      contestant("tidemark", check(none, "current", mark)),
      contestant(
        "a hard purge covers it, by its last tag",
        check(snapshotOf([...selectors, ...lastTag], count + lastTag.length), "gone", mark),
      ),
      contestant(
        "a live pattern, purged before the fill",
        check(snapshotOf([pattern, ...selectors], count), "current", mark),
      ),
      contestant(
        "a live pattern, purged since",
        check(snapshotOf([...selectors, pattern], count + 1), "current", mark),
      ),
      contestant(
        "64 live patterns, all purged since: the most there are",
        check(snapshotOf([...selectors, ...patterns], count + 64), "current", mark),
      ),
    ],
  });

  const texts = inTurn((index) => JSON.stringify(markOf(index)));
  const parsed = (): Mark => JSON.parse(texts()) as Mark; // Written from a mark.
  await hold({
    title: "of an entry whose mark has just been parsed",
    contestants: [
      contestant("tidemark", check(none, "current", parsed)),
      contestant("`JSON.parse` and the `Map`'s probes alone", probesAlone(none, parsed)),
      contestant("`JSON.parse` alone", parsed),
    ],
  });
  await hold({
    title: "as part of a read from memory",
    contestants: [
      contestant("tidemark", await ourRead(none)),
      contestant("bentocache", await bentoRead(count)),
    ],
  });
}

export const checkSubject: Subject = {
  title: "The check on read",
  about:
    "Whether a purge covers an entry with 5 tags and 4 path ancestors (13 labels, with its host, its path, its url and " +
    "the url's bucket), against a reader's snapshot of the ledger. Another entry each time, of 256. The list stands for " +
    "caches that keep purges as expressions and test each entry against those newer than it (Varnish's bans; there once " +
    "for each entry and ban). `bentocache` does not offer its check alone, so whole reads are set side by side.",
  run: (hold, _, effort) => run(hold, effort),
};
