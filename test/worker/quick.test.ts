import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { memoryLedger, memoryStore, patternSelector, tagSelector, type Store } from "../../src/index.ts";
import { createEdgeCache, type EdgeCacheOptions } from "../../worker/index.ts";
import { answer, conversation } from "./support/conversation.ts";

const START = Date.parse("2026-11-01T12:00:00Z");

const PAST_BOUND_MS = 2_001;

/** A store in memory that cannot be looked into at once. */
function withoutPeek(store: Store): Store {
  const { peek: _, ...rest } = store;
  return rest;
}

describe("A hit in the nearest tier", () => {
  test("is answered without asking any tier", async () => {
    const store = memoryStore();
    let isFilled = false;
    const only: Store = {
      ...store,
      get: (key) => (isFilled ? Promise.reject(new Error("asked")) : store.get(key)),
    };
    const { says, send, settle } = conversation({ tiers: [{ name: "hot", store: only }], clock: Date.now });
    says(
      answer("body", {
        "cache-control": "max-age=60",
        vary: "accept-encoding",
        date: new Date().toUTCString(),
      }),
    );
    const init = { headers: { "accept-encoding": "gzip" } };
    await (await send("/a", init)).text();
    await settle();
    isFilled = true;
    const hit = await send("/a", init);
    expect(hit.headers.get("cache-status")).toMatch(/^tidemark-edge;hit;ttl=\d+;detail=hot$/);
    expect(await hit.text()).toBe("body");
  });

  test("is none for a client that only claims to be of the device it was kept for", async () => {
    const { says, send, settle } = conversation({ device: true });
    const page = { "cache-control": "max-age=60" };
    says(answer("for mobiles", page), answer("for desktops", page));
    await (await send("/a", { headers: { "user-agent": "Mobile" } })).text();
    await settle();
    const claimed = await send("/a", { headers: { "tidemark-device": "mobile" } });
    expect(await claimed.text()).toBe("for desktops");
  });
});

/** What the origin answers at a path, by the generation of its content. */
function originSays(path: string, { headers }: Request, generation: number): Response {
  const fields: Record<string, Record<string, string>> = {
    "/plain": { "cache-control": "max-age=10", "cache-tag": "t" },
    "/encoded": { "cache-control": "max-age=10", vary: "accept-encoding", "cache-status": "other;hit" },
    "/spoken": { "cache-control": "max-age=30", vary: "accept-language", "access-control-allow-origin": "*" },
    "/behind": { "cache-control": "max-age=5, stale-while-revalidate=20", "cache-tag": "t, u" },
    "/checked": { "cache-control": "no-cache, s-maxage=20" },
    "/alike": { "cache-control": "max-age=30", "no-vary-search": "params" },
    "/mine": { "cache-control": "private" },
    "/device": { "cache-control": "max-age=20" },
    "/empty": { "cache-control": "max-age=20" },
  };
  const name = new URL(path, "https://example.com").pathname;
  const tag = name === "/spoken" ? { "cache-tag": headers.get("accept-language") === "en" ? "t" : "u" } : {};
  const said = `${path} ${generation} ${headers.get("accept-encoding")} ${headers.get("accept-language")}`;
  const isEmpty = name === "/empty";
  return answer(
    isEmpty ? null : said,
    { etag: `"${generation}"`, ...tag, ...fields[name] },
    isEmpty ? 204 : 200,
  );
}

type Step =
  | {
      readonly kind: "ask";
      readonly path: string;
      readonly method: string;
      readonly headers: Record<string, string>;
    }
  | { readonly kind: "wait"; readonly seconds: number }
  | { readonly kind: "purge"; readonly selector: string; readonly mode: "hard" | "soft" }
  | { readonly kind: "edit" };

const field = fc.constantFrom<Record<string, string>>(
  ...Array.from({ length: 12 }, () => ({})),
  { "accept-encoding": "gzip" },
  { "accept-encoding": "br, gzip" },
  { "accept-encoding": "gzip, br" },
  { "accept-language": "de, en;q=0.5" },
  { "accept-language": "en" },
  { "if-none-match": '"0"' },
  { "if-none-match": '"1"' },
  { "if-match": '"1"' },
  { range: "bytes=0-3" },
  { "cache-control": "no-cache" },
  { "cache-control": "max-age=3" },
  { "cache-control": "only-if-cached" },
  { rsc: "1" },
  { connection: "accept-encoding" },
  { connection: "keep-alive" },
  { "user-agent": "Mobile" },
  { "tidemark-device": "mobile" },
  { authorization: "Bearer x" },
);
const path = fc.constantFrom(
  ...["/plain", "/plain", "/encoded", "/encoded", "/encoded?x=1", "/spoken", "/behind"],
  ...["/checked", "/alike?a=1", "/alike?a=2", "/mine", "/device", "/empty"],
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant("ask"),
      path,
      method: fc.constantFrom("GET", "GET", "GET", "GET", "GET", "GET", "HEAD"),
      headers: fc.tuple(field, field).map(([one, other]) => ({ ...one, ...other })),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("wait"), seconds: fc.nat(15) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("purge"),
      selector: fc.constantFrom(
        tagSelector("t"),
        tagSelector("u"),
        "all",
        patternSelector("https://example.com/*") ?? "all",
      ),
      mode: fc.constantFrom("hard", "soft"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("edit") }) },
);

/** What a cache over this store answers to the steps, one after the other, and how often it asks its origin. */
async function answersOf(
  steps: readonly Step[],
  store: (clock: () => number) => Store,
  options: Partial<EdgeCacheOptions>,
) {
  let now = START;
  let generation = 0;
  let asked = 0;
  const clock = (): number => now;
  const ledger = memoryLedger({ clock, epoch: "e" });
  const background: Promise<unknown>[] = [];
  const waitUntil = (work: Promise<unknown>): void => void background.push(work);
  const edge = createEdgeCache({
    ...options,
    ledger,
    tiers: [{ name: "hot", store: store(clock) }],
    routes: [{ path: "/device", device: true }],
    clock,
  });
  const answers: unknown[] = [];
  for (const it of steps) {
    if (it.kind === "wait") now += it.seconds * 1_000;
    else if (it.kind === "edit") generation += 1;
    else if (it.kind === "purge") {
      await ledger.purge({ selectors: [it.selector], mode: it.mode });
      now += PAST_BOUND_MS; // Within the bound either way may know of it before the other does.
    } else {
      const request = new Request(`https://example.com${it.path}`, it);
      const response = await edge.handle(request, {
        async origin(forwarded) {
          asked += 1;
          return originSays(it.path, forwarded, generation);
        },
        waitUntil,
      });
      const body = await response.text();
      while (background.length > 0) await background.shift();
      answers.push([it, response.status, [...response.headers], body, asked]);
    }
  }
  return answers;
}

describe("The quick way answers as the long one does", () => {
  for (const profile of ["safe", "rfc"] as const) {
    test(`profile ${profile}: whatever is asked, stored, changed and purged, in any order`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 60 }), async (steps) => {
          const options = { rules: { profile, requestDirectives: profile === "rfc" } };
          const quick = await answersOf(steps, (clock) => memoryStore({ clock }), options);
          const long = await answersOf(steps, (clock) => withoutPeek(memoryStore({ clock })), options);
          expect(quick).toEqual(long);
        }),
        { numRuns: 150 },
      );
    });
  }
});
