import {
  currentAge,
  MARK_FIELD,
  readStoredFacts,
  renominate,
  standing,
  variantKey,
  type Clock,
  type Entry,
  type Instant,
  type Mark,
  type Selecting,
  type Selector,
  type Store,
  type StoredFacts,
} from "../src/index.ts";
import type { Body } from "./body.ts";
import { isForAll, type Dehydrated, type DehydratedResponse } from "./dehydrated.ts";
import type { Forgotten } from "./forgotten.ts";
import { UNVERIFIED, type Looker } from "./look.ts";
import type { MemoryTier } from "./memory.ts";
import type { Purges } from "./purges.ts";
import { plainly } from "./request.ts";
import { isSendable } from "./respond.ts";

export interface SeedingTools {
  readonly memory: MemoryTier;
  readonly disk: Pick<Store<Body>, "get"> | undefined;
  readonly looker: Looker;
  readonly purges: Purges;
  readonly forgotten: Forgotten;
  readonly spaced: (key: string) => string;
  readonly selecting: Selecting;
  readonly clock: Clock;
  readonly onLabels: (url: string, labels: readonly Selector[]) => void;
  /** What was taken in has turned out to be purged, or older than what is on disk. */
  readonly onGone: (url: string) => void;
  readonly later: (work: Promise<unknown>) => void;
}

/** The entries for a response, itself first, by the mark to check them by. */
type Made = (mark: Mark) => readonly [own: Placed, ...others: Placed[]];
type Placed = readonly [key: string, entry: Entry<Body>];

const UNCHECKED: Mark = { epoch: UNVERIFIED, position: 0, labels: [] };

/** Carries responses from page to page: what memory holds, and what a page is begun with. */
export interface Seeding {
  dehydrate(): Dehydrated;
  seed(dehydrated: unknown): number;
}

export function seeding(tools: SeedingTools): Seeding {
  const { memory, disk, looker, purges, forgotten, spaced, selecting, clock, onLabels, onGone, later } =
    tools;

  function dried(key: string, { facts, body, mark, expiresAt }: Entry<Body>): DehydratedResponse | undefined {
    const url = publicUrl(key.slice(spaced("").length));
    const stored = storedIn(facts);
    const snapshot = purges.peek();
    if (url === undefined || stored === undefined || typeof body !== "string" || expiresAt <= clock())
      return undefined;
    if (snapshot === undefined || standing(mark, snapshot) !== "current" || !isForAll(stored))
      return undefined;
    return forgotten.covers({ facts: stored, mark }) ? undefined : { url, facts: stored, body };
  }

  /** The mark to check it by, now or later. With a feed only the edge can say what a response contains. */
  function markOf(url: string, { fields }: StoredFacts): Mark | undefined | Promise<Mark | undefined> {
    const edge = fields.find(([name]) => name === MARK_FIELD)?.[1] ?? null;
    if (purges.isFed && edge === null) return undefined;
    const snapshot = purges.peek();
    if (snapshot !== undefined) return purges.markOf({ url, fields, edge }, snapshot);
    return Promise.resolve(purges.read()).then(
      (known) => known && purges.markOf({ url, fields, edge }, known),
    );
  }

  /** What was shown before it could be checked stays only if it stands the check, and nothing newer is stored. */
  async function verify(url: string, made: Made, mark: ReturnType<typeof markOf>): Promise<void> {
    const [key, entry] = made(UNCHECKED)[0];
    const [sound, older] = await Promise.all([mark, disk?.get(key).catch(() => undefined)]);
    const seeded = memory.peek(key);
    if (seeded === undefined || seeded.facts !== entry.facts) return;
    const [own, other] = [storedIn(entry.facts), storedIn(older?.facts)];
    if (sound === undefined || (own && other && madeAt(other) > madeAt(own))) {
      await memory.delete([key]);
      onGone(url);
    } else if (sound !== seeded.mark) {
      for (const [place, changed] of made(sound)) memory.put(place, changed);
      onLabels(url, sound.labels);
    }
  }

  function take(item: unknown, at: Instant): boolean {
    if (typeof item !== "object" || item === null) return false;
    const { url, facts, body } = item as Partial<Record<keyof DehydratedResponse, unknown>>; // Checked here.
    const stored = readStoredFacts(facts);
    const sought = typeof url === "string" && URL.canParse(url) ? plainly(url) : undefined;
    if (sought === undefined || stored === undefined || typeof body !== "string") return false;
    if (stored.part !== null || !isSendable(stored)) return false;
    const now = clock();
    const age = Math.max(0, stored.initialAge, currentAge(stored, at)) + Math.max(0, now - at) / 1_000;
    const left = stored.lifetime + Math.max(stored.staleWhileRevalidate, stored.staleIfError) - age;
    const mark = left > 0 ? markOf(sought.url, stored) : undefined;
    if (mark === undefined) return false;

    const nominated = renominate(stored.nominated, sought.facts.headers, selecting);
    const seeded = { ...stored, nominated, responseAt: now, initialAge: age };
    const top = spaced(sought.resource);
    const there = memory.peek(top);
    const known = looker.find(sought, purges.peek());
    // Beside other variants it would have to stand in their list: they were all asked for by this page.
    if (there !== undefined && storedIn(there.facts) === undefined) return false;
    if (known !== undefined && madeAt(known.response.facts) >= madeAt(seeded)) return false;

    const expiresAt = now + left * 1_000;
    const { language, dateAt } = stored;
    const response = { kind: "response", stored: seeded };
    const made: Made = (by) => {
      const entry: Entry<Body> = { mark: by, expiresAt, facts: response, body };
      if (nominated.length === 0) return [[top, entry]];
      const list = { kind: "variants", variants: [{ nominated, language, dateAt, expiresAt, mark: by }] };
      const key = spaced(variantKey(sought.resource, nominated));
      return [
        [key, entry],
        [top, { ...entry, facts: list, body: null }],
      ];
    };
    const given = mark instanceof Promise ? UNCHECKED : mark;
    for (const [key, entry] of made(given)) memory.put(key, entry);
    onLabels(sought.url, given.labels);
    later(verify(sought.url, made, mark));
    return true;
  }

  return {
    dehydrate: () => ({
      at: clock(),
      responses: memory.entries().flatMap(([key, entry]) => dried(key, entry) ?? []),
    }),
    seed(dehydrated) {
      if (typeof dehydrated !== "object" || dehydrated === null) return 0;
      const { at, responses } = dehydrated as Partial<Record<keyof Dehydrated, unknown>>; // Checked here.
      if (typeof at !== "number" || !Number.isFinite(at) || !Array.isArray(responses)) return 0;
      return responses.filter((item) => take(item, at)).length;
    },
  };
}

/** The URL in a key of memory, if it was asked for without a token. */
function publicUrl(key: string): string | undefined {
  const resource: unknown = key.startsWith("[") ? (JSON.parse(key) as readonly unknown[])[0] : key;
  return /^(?:open|cookies) (.+)$/.exec(String(resource))?.[1];
}

function storedIn(facts: unknown): StoredFacts | undefined {
  return typeof facts === "object" && facts !== null && "stored" in facts
    ? readStoredFacts(facts.stored)
    : undefined;
}

/** When the server made it, as far as its age tells. */
function madeAt({ responseAt, initialAge }: StoredFacts): Instant {
  return responseAt - initialAge * 1_000;
}
