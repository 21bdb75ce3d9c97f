import type { CacheEvent } from "../../../src/events.ts";
import { strictSelecting } from "../../../src/http/selecting.ts";
import { keySpace } from "../../../src/key.ts";
import type { PurgeMode, Selector, Snapshot } from "../../../src/purge/ledger.ts";
import { memoryLedger } from "../../../src/purge/memory-ledger.ts";
import { urlLabels } from "../../../src/purge/selectors.ts";
import { tagSelector } from "../../../src/purge/tags.ts";
import { applyDelta } from "../../../src/purge/snapshot.ts";
import { responseStore, type Lookup } from "../../../src/responses/response-store.ts";
import type { Mark, Store } from "../../../src/store.ts";
import { memoryStore } from "../../../src/stores/memory.ts";
import { tieredStore } from "../../../src/stores/tiered.ts";
import { at, get, response, SHARED, START, storedFrom } from "../../support/messages.ts";

export const URL_A = "https://example.com/shop/a";

export interface Kept {
  /** Lines of the request that was answered. */
  readonly asked?: readonly string[];
  /** Lines of the answer, besides its freshness of an hour. */
  readonly answered?: readonly string[];
  readonly tags?: readonly string[];
  /** The ledger's position when the fill began. @defaultValue the current one */
  readonly position?: number;
  readonly epoch?: string;
}

/** A response store over one tier of memory and a ledger, with a clock that the test moves. */
export function shelf({
  maxVariants,
  around = (store) => store,
}: { maxVariants?: number; around?: (store: Store<string>) => Store<string> } = {}) {
  let now = START;
  const clock = (): number => now;
  const events: CacheEvent[] = [];
  const onEvent = (event: CacheEvent): void => void events.push(event);
  const ledger = memoryLedger({ epoch: "e", clock });
  const memory = memoryStore<string>({ clock });
  const tiers = tieredStore([{ name: "hot", store: around(memory) }], { clock, onEvent });
  const spaced = keySpace({ prefix: "t", version: 1 });
  const store = responseStore({
    tiers,
    spaced,
    selecting: strictSelecting,
    onEvent,
    clock,
    ...(maxVariants === undefined ? {} : { maxVariants }),
  });

  /** A reader's own copy of the ledger, as it is now. */
  async function snapshot(): Promise<Snapshot> {
    const whole = applyDelta(undefined, await ledger.since(undefined), now);
    if (whole === undefined) throw new Error("The whole ledger was refused");
    return whole;
  }

  return {
    events,
    memory,
    spaced,
    store,
    snapshot,
    pass: (seconds: number): void => void (now += seconds * 1_000),
    purge: (selector: Selector, mode: PurgeMode = "hard") => ledger.purge({ selectors: [selector], mode }),

    async put(
      body: string,
      { asked = [], answered = [], tags = [], position, epoch = "e" }: Kept = {},
      url = URL_A,
    ): Promise<void> {
      const current = await snapshot();
      const request = get(...asked);
      const answer = at((now - START) / 1_000, response(200, "Cache-Control: max-age=3600", ...answered));
      const labels = [...urlLabels(url), ...tags.map(tagSelector)];
      const mark: Mark = { epoch, position: position ?? current.position, labels };
      await store.put(
        url,
        { facts: storedFrom(SHARED, answer, request), mark, body },
        { keepFor: 3_600, snapshot: current },
      );
    },

    async find(lines: readonly string[] = [], reader?: Snapshot, url = URL_A): Promise<Lookup<string>> {
      return store.find(url, get(...lines).headers, { snapshot: reader ?? (await snapshot()) });
    },
  };
}

/** What a lookup comes to, in a word: the body, `~` in front of it when it is softly purged; or why there is none. */
export function seen(lookup: Lookup<string>): string {
  if (lookup.outcome === "found") return `${lookup.softPurged ? "~" : ""}${lookup.response.body}`;
  return lookup.outcome === "miss" ? lookup.reason : "ahead";
}
