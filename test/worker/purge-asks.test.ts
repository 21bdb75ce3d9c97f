import { beforeEach, describe, expect, test, vi } from "vitest";
import {
  groupSelector,
  ledgerView,
  memoryLedger,
  patternSelector,
  prefixSelector,
  urlSelector,
  type Ledger,
} from "../../src/index.ts";
import { lastIn, purgedIn, purging } from "./support/purging.ts";

const url = (path: string): string => urlSelector(`https://example.com${path}`) ?? "unreadable";
const HERE = "https://example.com";

describe("POST /purge takes, besides Cloudflare's fields,", () => {
  const understood: [body: object, selectors: (string | undefined)[]][] = [
    [{ files: [{ url: `${HERE}/a` }] }, [url("/a")]],
    [{ files: [{ url: "/a*b" }] }, [url("/a*b")]],
    [{ files: ["/a?b"] }, [url("/a?b"), url("/a?*")]],
    [
      { files: ["/a", { url: `${HERE}/b`, headers: { "CF-Device-Type": "mobile" } }] },
      [url("/a"), url("/b")],
    ],
    [{ groups: ["scripts"] }, [groupSelector(HERE, "scripts")]],
    [
      { groups: [`${HERE}|a|b`, "http://example.com|x"] },
      [groupSelector(HERE, "a|b"), groupSelector("http://example.com", "x")],
    ],
    [
      { patterns: ["/a/*/x*", "example.com/b/**"] },
      [patternSelector("example.com/a/*/x*"), patternSelector("example.com/b/**")],
    ],
    [{ tags: ["caf\u00e9", "Caf\u00e9", "a*"] }, ["tag:caf\u00e9", "tag:Caf\u00e9", "tag:a*"]],
    [{ prefixes: ["/caf\u00e9/%7Ea"] }, [prefixSelector("example.com/caf%C3%A9/~a")]],
  ];
  test.each(understood)("%j", async (body, selectors) => {
    const { ledger, send } = purging();
    expect((await send(body)).status).toBe(200);
    expect(await purgedIn(ledger)).toEqual(selectors);
  });

  test("and says what it has read otherwise than one might think", async () => {
    const { send } = purging();
    const response = await send({
      files: [{ url: `${HERE}/a`, headers: { "Accept-Language": "fr" } }],
      tags: ["plain", "post:*"],
    });
    expect(await response.json()).toMatchObject({
      success: true,
      messages: [
        { field: "files", message: expect.stringContaining("all variants") },
        { field: "tags", message: expect.stringMatching(/^tags\[1\] .*stands for itself/) },
      ],
    });
  });
});

describe.each(["/purge", "/invalidate", "/invalidation"])("POST %s", (path) => {
  const tagged =
    path === "/invalidation"
      ? { type: "origin", selectors: ["https://example.com:443"] }
      : { hosts: ["example.com"] };
  const other =
    path === "/invalidation"
      ? { type: "uri", selectors: ["https://example.com/"] }
      : { hosts: ["example.com"], files: ["/"] };

  test("writes who, why and under which key into the log", async () => {
    const { ledger, send } = purging();
    await send({ ...tagged, reason: "a new price" }, { path, headers: { "idempotency-key": "k-1" } });
    expect(await lastIn(ledger)).toMatchObject({
      actor: "token-1",
      origin: "operator",
      reason: "a new price",
      idempotencyKey: "token-1:k-1",
      mode: path === "/purge" ? "hard" : "soft",
    });
  });

  test("answers the same order under the same key with the first receipt, and says so", async () => {
    const { ledger, send } = purging();
    const first = await send(tagged, { path, headers: { "idempotency-key": '"k"' } });
    const again = await send({ ...tagged, idempotency_key: "k" }, { path });
    expect(again.status).toBe(first.status);
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect(first.headers.get("idempotent-replayed")).toBeNull();
    expect(await again.json()).toMatchObject({ result: { token: "e.1", selectors: 1, replayed: true } });
    expect(await ledger.since(undefined)).toMatchObject({ position: 1 });
  });

  test("answers 409 to another order under the same key, and purges nothing", async () => {
    const { ledger, send } = purging();
    await send(tagged, { path, headers: { "idempotency-key": "k" } });
    const response = await send(other, { path, headers: { "idempotency-key": "k" } });
    expect(response.status).toBe(409);
    expect(await response.json()).toMatchObject({ success: false, errors: [{ field: "idempotency-key" }] });
    expect(await ledger.since(undefined)).toMatchObject({ position: 1 });
  });

  test("only tells what it would purge when it is to run dry", async () => {
    const { ledger, send } = purging();
    const response = await send({ ...tagged, dry_run: true }, { path });
    expect(response.status).toBe(200);
    expect(response.headers.get("tidemark-token")).toBeNull();
    expect(await response.json()).toEqual({
      success: true,
      result: {
        dryRun: true,
        mode: path === "/purge" ? "hard" : "soft",
        selectors: 1,
        wouldPurge: [{ means: "host:example.com", selectors: ["host:example.com"] }],
      },
    });
    expect(await ledger.since(undefined)).toMatchObject({ position: 0 });
  });

  describe("?wait=effective", () => {
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      return () => vi.useRealTimers();
    });

    test("answers 200 once the bound is over, not sooner", async () => {
      const { send } = purging({ bound: "10s" });
      let answered: Response | undefined;
      const asked = send(tagged, { path: `${path}?wait=effective` }).then(
        (response) => (answered = response),
      );
      await vi.advanceTimersByTimeAsync(9_999);
      expect(answered).toBeUndefined();
      await vi.advanceTimersByTimeAsync(1);
      expect((await asked).status).toBe(200);
    });
  });

  test.each(["?wait=1", "?wait=", "?wait=effective&tags=a", "?tags=a", "?dry_run=1"])(
    "answers 400 to a query of %s beside the body, and purges nothing",
    async (query) => {
      const { ledger, send } = purging();
      const response = await send(tagged, { path: `${path}${query}` });
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ errors: [{ field: "query" }] });
      expect(await ledger.since(undefined)).toMatchObject({ position: 0 });
    },
  );
});

test("a dry run says in full what urls and groups stand for, which the log shows as fingerprints", async () => {
  const { send } = purging();
  const response = await send({ files: ["/a?b=1", "/a?b=1"], groups: ["g"], dry_run: true });
  expect(await response.json()).toMatchObject({
    result: {
      selectors: 2,
      wouldPurge: [
        { means: "url:example.com/a?b=1", selectors: [url("/a?b=1"), url("/a?*")] },
        { means: "group:https://example.com|g", selectors: [groupSelector(HERE, "g")] },
      ],
    },
  });
});

describe("POST /invalidation", () => {
  const path = "/invalidation";
  const understood: [body: object, selectors: (string | undefined)[]][] = [
    [
      { type: "uri", selectors: [`${HERE}/a`, "HTTPS://example.com:443/%61?b"] },
      [url("/a"), url("/a?b"), url("/a?*")],
    ],
    [{ type: "uri", selectors: ["https://example.com/caf\u00e9"] }, [url("/caf%C3%A9")]],
    [{ type: "uri-prefix", selectors: [`${HERE}/a/b/`] }, ["prefix:example.com/a/b"]],
    [
      { type: "origin", selectors: ["https://example.com:443", "http://example.com:80"] },
      ["host:example.com"],
    ],
    [
      { type: "group", selectors: [`${HERE}:443`], groups: ["a", "b"] },
      [groupSelector(HERE, "a"), groupSelector(HERE, "b")],
    ],
    [{ type: "uri", selectors: [`${HERE}/a`], future: { member: 1 } }, [url("/a")]],
  ];
  test.each(understood)("takes %j", async (body, selectors) => {
    const { ledger, send } = purging();
    expect((await send(body, { path })).status).toBe(202);
    expect(await purgedIn(ledger)).toEqual(selectors);
  });

  test("marks as stale, and removes what is to be purged", async () => {
    const { ledger, send } = purging();
    await send({ type: "uri", selectors: [`${HERE}/a`] }, { path });
    await send({ type: "uri", selectors: [`${HERE}/b`], purge: true }, { path });
    expect((await ledger.since(undefined)).changes).toEqual([
      [url("/a"), 0, 1],
      [url("/b"), 2, 0],
    ]);
  });

  test("answers 200 at once where every reader asks the ledger each time", async () => {
    const { send } = purging({ bound: 0 });
    expect((await send({ type: "uri", selectors: [`${HERE}/a`] }, { path })).status).toBe(200);
  });

  const refused: [body: unknown, status: number, field: string][] = [
    ["[]", 400, "body"],
    [{ selectors: [`${HERE}/a`] }, 400, "type"],
    [{ type: "tag", selectors: ["a"] }, 501, "type"],
    [{ type: "URI", selectors: [`${HERE}/a`] }, 501, "type"],
    [{ type: "uri" }, 400, "selectors"],
    [{ type: "uri", selectors: [] }, 400, "selectors"],
    [{ type: "uri", selectors: `${HERE}/a` }, 400, "selectors"],
    [{ type: "uri", selectors: ["/a"] }, 400, "selectors"],
    [{ type: "uri", selectors: ["https://other.com/a"] }, 400, "selectors"],
    [{ type: "uri", selectors: [{ url: `${HERE}/a` }] }, 400, "selectors"],
    [{ type: "uri-prefix", selectors: [`${HERE}/a?b`] }, 400, "selectors"],
    [{ type: "origin", selectors: [`${HERE}/a`] }, 400, "selectors"],
    [{ type: "origin", selectors: ["example.com"] }, 400, "selectors"],
    [{ type: "group", selectors: [HERE] }, 400, "groups"],
    [{ type: "group", selectors: [HERE], groups: [] }, 400, "groups"],
    [{ type: "group", selectors: [HERE], groups: ["\u00e9"] }, 400, "groups"],
    [{ type: "group", selectors: ["https://other.com"], groups: ["g"] }, 400, "selectors"],
    [{ type: "group", selectors: [`${HERE}/a`], groups: ["g"] }, 400, "selectors"],
    [{ type: "uri", selectors: [`${HERE}/a`], purge: "true" }, 400, "purge"],
    [{ type: "uri", selectors: Array.from({ length: 10_001 }, () => `${HERE}/a`) }, 400, "selectors"],
    [
      {
        type: "group",
        selectors: Array.from({ length: 101 }, () => HERE),
        groups: Array.from({ length: 100 }, () => "g"),
      },
      400,
      "selectors",
    ],
  ];
  test.each(refused)("answers %.80j with %i and names %s", async (body, status, field) => {
    const { ledger, send } = purging();
    const response = await send(body, { path });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ success: false, errors: [{ field }] });
    expect(await ledger.since(undefined)).toMatchObject({ position: 0 });
  });

  test("is described to whom it may concern, without a secret", async () => {
    const response = await purging({ bound: "1500ms", targets: ["CDN-Cache-Control"] }).fetch(path);
    expect(await response.json()).toEqual({
      description: "Tidemark",
      invalidation: {
        uri: "https://example.com/invalidation",
        selectors: ["uri", "uri-prefix", "origin", "group"],
        purge: true,
        "p95-latency": 1_500,
      },
      "targeted-cc": ["CDN-Cache-Control"],
    });
  });
});

describe("GET /log", () => {
  test("tells of the last purges, newest first, in pages", async () => {
    const { send, get, ledger } = purging();
    for (const tag of ["a", "b", "c"])
      await send({ tags: [tag], idempotency_key: tag, reason: `for ${tag}` });
    const first = await get("/log?limit=2");
    expect(first.headers.get("cache-control")).toBe("no-store");
    const page = await first.json<{ result: { purges: object[]; next: number } }>();
    expect(page).toMatchObject({
      success: true,
      result: { purges: [{ position: 3 }, { position: 2 }], next: 2 },
    });
    const second = await (await get(`/log?limit=2&before=${page.result.next}`)).json();
    const [logged] = (await ledger.history?.({ limit: 1, before: 2 })) ?? [];
    expect(second).toEqual({
      success: true,
      result: {
        purges: [
          {
            position: 1,
            orderedAt: new Date(logged?.orderedAt ?? 0).toISOString(),
            mode: "hard",
            origin: "operator",
            actor: "token-1",
            idempotencyKey: "a",
            selectors: ["tag:a"],
            named: 1,
            reason: "for a",
          },
        ],
        next: null,
      },
    });
  });

  test("shows nothing to who has no credential", async () => {
    expect((await purging().fetch("/log")).status).toBe(401);
  });

  test.each([
    "limit=0",
    "limit=1001",
    "limit=ten",
    "limit=1e1",
    "limit=-1",
    "before=0",
    "before=x",
    "before=e.1",
  ])("answers 400 to ?%s and names it", async (query) => {
    const response = await purging().get(`/log?${query}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ field: query.split("=", 1)[0] }] });
  });

  test("answers 503 when the ledger is out of reach, and 501 when it keeps no log", async () => {
    const lost = async () => Promise.reject(new Error("Network connection lost"));
    const { since, purge } = memoryLedger();
    expect((await purging({ ledger: { since, purge, history: lost } }).get("/log")).status).toBe(503);
    expect((await purging({ ledger: { since, purge } }).get("/log")).status).toBe(501);
  });
});

describe("an edge that promises no time, or a late one,", () => {
  const late = (lag: number): Ledger => ({ ...memoryLedger({ epoch: "e" }), lag });

  test("acknowledges a purge all the same, and says by when it is effective if it can", async () => {
    const ledger = memoryLedger({ epoch: "e" });
    const view = ledgerView({ ledger, consistency: "ttl" });
    const response = await purging({ ledger, view }).send({ tags: ["a"] });
    expect(await response.json()).toMatchObject({
      success: true,
      result: { token: "e.1", effectiveBy: null },
    });
    const slow = late(60);
    expect(await (await purging({ ledger: slow, bound: "2s" }).send({ tags: ["a"] })).json()).toMatchObject({
      result: { effectiveBy: "2026-11-01T00:01:02.000Z" },
    });
  });

  test("says so to who would wait for it, and purges nothing", async () => {
    for (const options of [{ ledger: late(60) }, { ledger: late(Number.POSITIVE_INFINITY) }]) {
      const { ledger, send, fetch } = purging(options);
      const response = await send({ tags: ["a"] }, { path: "/purge?wait=effective" });
      expect(response.status).toBe(501);
      expect(await response.json()).toMatchObject({ errors: [{ field: "wait" }] });
      expect(await ledger.since(undefined)).toMatchObject({ position: 0 });
      expect((await fetch("/invalidation")).status).toBe(200);
    }
  });
});

test("a replayed receipt does not take back what the view here knows", async () => {
  const ledger: Ledger = memoryLedger({ epoch: "e" });
  const { view, send } = purging({ ledger });
  await view.read();
  await send({ tags: ["a"], idempotency_key: "k" });
  await send({ tags: ["a"] });
  await send({ tags: ["a"], idempotency_key: "k" });
  expect(view.read()).toMatchObject({ position: 2, selectors: new Map([["tag:a", { hard: 2, soft: 0 }]]) });
  expect(await ledgerView({ ledger }).read()).toMatchObject({ position: 2 });
});
