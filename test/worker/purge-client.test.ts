import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { urlSelector } from "../../src/index.ts";
import { purgeClient, PurgeError, type PurgeClientOptions } from "../../purge-client/index.ts";
import { lastIn, purgedIn, purging, TOKEN } from "./support/purging.ts";

type Fetch = typeof globalThis.fetch;

/** A client of the purge routes; `before` may answer, or fail, in their place. */
function setUp(
  before: (attempt: number) => Response | undefined | Promise<never> = () => undefined,
  options: Partial<PurgeClientOptions> = {},
) {
  const routes = purging();
  const sent: Request[] = [];
  const fetch: Fetch = async (input, init) => {
    sent.push(new Request(input, init));
    const answer = await before(sent.length);
    return (
      answer ?? routes.fetch(new URL(sent.at(-1)?.url ?? "").href.replace("https://example.com", ""), init)
    );
  };
  const client = purgeClient({ endpoint: "https://example.com/", token: TOKEN, fetch, ...options });
  return { ...routes, sent, client };
}

const refusing = (status: number, headers: Record<string, string> = {}): Response =>
  Response.json({ success: false, errors: [{ field: "f", message: "no" }] }, { status, headers });

describe("purgeClient()", () => {
  test("purges all that a selection names as one purge, and resolves to its receipt", async () => {
    const { client, ledger } = setUp();
    const receipt = await client.purge(
      {
        urls: ["/a"],
        tags: ["t"],
        prefixes: ["/p"],
        hosts: ["example.com"],
        patterns: ["/a/*"],
        everything: true,
      },
      { reason: "why", idempotencyKey: "k" },
    );
    expect(receipt).toEqual({
      token: "e.1",
      selectors: 6,
      effectiveBy: new Date("2026-11-01T00:00:02Z"),
      replayed: false,
      messages: [],
    });
    expect(await purgedIn(ledger)).toEqual([
      "tag:t",
      "prefix:example.com/p",
      "host:example.com",
      "pattern:example.com/a/*",
      urlSelector("https://example.com/a"),
      "all",
    ]);
    expect(await lastIn(ledger)).toMatchObject({ mode: "hard", reason: "why", idempotencyKey: "token-1:k" });
  });

  test("purges softly, by group, and tells what the edge noted", async () => {
    const { client, ledger } = setUp();
    const { messages } = await client.purge({ groups: ["g*"] }, { soft: true });
    expect(await lastIn(ledger)).toMatchObject({ mode: "soft" });
    expect(messages).toMatchObject([{ field: "groups" }]);
  });

  test("tells what a dry run would purge, and purges nothing", async () => {
    const { client, ledger } = setUp();
    expect(await client.purge({ urls: ["/a"] }, { dryRun: true })).toEqual({
      dryRun: true,
      mode: "hard",
      selectors: 1,
      wouldPurge: [{ means: "url:example.com/a", selectors: [urlSelector("https://example.com/a")] }],
      messages: [],
    });
    expect(await ledger.since(undefined)).toMatchObject({ position: 0 });
  });

  test("asks to wait until it is effective", async () => {
    const { client, sent } = setUp(() => refusing(400));
    await expect(client.purge({ tags: ["a"] }, { wait: true, soft: true })).rejects.toThrow("no");
    expect(sent.map(({ url }) => url)).toEqual(["https://example.com/invalidate?wait=effective"]);
  });

  test("gives the edge its 30 s to wait in, besides the time that one attempt may take", async () => {
    const limits = vi.spyOn(AbortSignal, "timeout");
    const { client } = setUp(undefined, { timeout: 5 });
    await client.purge({ tags: ["a"] });
    await client.purge({ tags: ["a"] }, { wait: true, dryRun: true });
    expect(limits.mock.calls).toEqual([[5_000], [35_000]]);
  });

  test("rejects with status and field of what the edge refuses, at once", async () => {
    const { client, sent } = setUp();
    const refused = client.purge({ tags: ["a,b"] });
    await expect(refused).rejects.toThrow(PurgeError);
    await expect(refused).rejects.toMatchObject({
      name: "PurgeError",
      status: 400,
      field: "tags",
      message: expect.stringContaining("tags[0]"),
    });
    await expect(setUp(undefined, { token: "other" }).client.purge({ tags: ["a"] })).rejects.toMatchObject({
      status: 401,
      field: "authorization",
    });
    expect(sent).toHaveLength(1);
  });

  test("rejects an answer that is not of a purge API, and follows no redirect with its credential", async () => {
    const page = setUp(() => new Response("<html>"));
    await expect(page.client.purge({ tags: ["a"] })).rejects.toThrow("is its address right?");
    const moved = setUp(
      () => new Response(null, { status: 301, headers: { location: "https://evil.example" } }),
    );
    await expect(moved.client.purge({ tags: ["a"] })).rejects.toMatchObject({ status: 301 });
    expect(moved.sent.map(({ redirect }) => redirect)).toEqual(["manual"]);
  });

  test("reads the log in pages", async () => {
    const { client } = setUp();
    for (const tag of ["a", "b"]) await client.purge({ tags: [tag] });
    const first = await client.log({ limit: 1 });
    expect(first).toMatchObject({ purges: [{ position: 2, selectors: ["tag:b"] }], next: 2 });
    expect(await client.log({ limit: 9, before: 2 })).toMatchObject({
      purges: [{ position: 1 }],
      next: null,
    });
  });

  test("asks for an explanation with its request fields", async () => {
    const { client, sent } = setUp(() => Response.json({ decision: {} }));
    expect(await client.explain("/a?b=1&c", { "accept-language": "de" })).toEqual({ decision: {} });
    const { searchParams, pathname } = new URL(sent[0]?.url ?? "");
    expect(pathname).toBe("/explain");
    expect([...searchParams]).toEqual([
      ["url", "/a?b=1&c"],
      ["header.accept-language", "de"],
    ]);
  });

  test.each([
    { endpoint: "shop.example" },
    { endpoint: "ftp://shop.example" },
    { endpoint: "http://" },
    { token: "" },
    { token: "two words" },
    { token: "line\nbreak" },
  ])("refuses %o at once, and does not repeat a token", (options) => {
    expect(() => setUp(undefined, options)).toThrow(TypeError);
    expect(() => setUp(undefined, options)).not.toThrow(/words|line/);
  });
});

describe("a purge that fails on the way", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
  afterEach(() => void vi.useRealTimers());

  const lost = async () => Promise.reject(new TypeError("Network connection lost"));
  const failures: [name: string, fail: () => Response | Promise<never>][] = [
    ["no answer", lost],
    ["503", () => refusing(503)],
    ["429", () => refusing(429)],
    ["502", () => refusing(502)],
  ];
  test.each(failures)("(%s) is sent again as the same order, and purged once", async (_, fail) => {
    const { client, ledger, sent } = setUp((attempt) => (attempt < 4 ? fail() : undefined));
    const done = client.purge({ tags: ["a"] });
    await vi.runAllTimersAsync();
    expect(await done).toMatchObject({ token: "e.1", replayed: false });
    const bodies = await Promise.all(
      sent.map(async (request) => request.json<{ idempotency_key: string }>()),
    );
    expect(new Set(bodies.map(({ idempotency_key: key }) => key)).size).toBe(1);
    expect(bodies).toHaveLength(4);
    expect(await ledger.since(undefined)).toMatchObject({ position: 1 });
  });

  test("after it was carried out is not carried out again", async () => {
    const routes = setUp();
    let attempts = 0;
    const fetch: Fetch = async (input, init) => {
      const answer = await routes.fetch(new URL(new Request(input).url).pathname, init);
      attempts += 1;
      return attempts === 1 ? lost() : answer;
    };
    const client = purgeClient({ endpoint: "https://example.com", token: TOKEN, fetch });
    const done = client.purge({ tags: ["a"] });
    await vi.runAllTimersAsync();
    expect(await done).toMatchObject({ token: "e.1", replayed: true });
    expect(await routes.ledger.since(undefined)).toMatchObject({ position: 1 });
  });

  test("is given up after the last attempt, with the last failure", async () => {
    const { client, sent } = setUp(lost, { retries: 2 });
    const done = client.purge({ tags: ["a"] }).catch((error: unknown) => error);
    await vi.runAllTimersAsync();
    expect(await done).toMatchObject({ name: "PurgeError", status: 0 });
    expect(sent).toHaveLength(3);
  });

  test("is not sent again before the edge allows it", async () => {
    const { client, sent } = setUp((attempt) =>
      attempt === 1 ? refusing(429, { "retry-after": "20" }) : undefined,
    );
    const done = client.purge({ tags: ["a"] });
    await vi.advanceTimersByTimeAsync(19_999);
    expect(sent).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(await done).toMatchObject({ token: "e.1" });
  });

  test("ends when its signal says so, also in a pause, and with the signal's reason", async () => {
    const { client, sent } = setUp(lost);
    const controller = new AbortController();
    const reason = new Error("enough");
    const done = client
      .purge({ tags: ["a"] }, { signal: controller.signal })
      .catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(100);
    controller.abort(reason);
    expect(await done).toBe(reason);
    expect(sent).toHaveLength(1);
  });
});
