import { describe, expect, test } from "vitest";
import { createEdgeCache, type EdgeCacheOptions } from "../../worker/index.ts";
import { answer, conversation, told } from "./support/conversation.ts";

const FRESH = { "cache-control": "max-age=60" };

type Talk = ReturnType<typeof conversation>;

/** What the client gets, once everything behind the answer is done. */
async function get(talk: Talk, path: string, headers: Record<string, string> = {}, cf = {}) {
  const response = await talk.send(path, { headers, cf });
  const got = { ...(await told(response)), vary: response.headers.get("vary") };
  await talk.settle();
  return got;
}

/** An origin whose body says which of the fields it got. */
function echoing(options: Partial<EdgeCacheOptions>, ...names: string[]): Talk {
  const talk = conversation(options);
  talk.says(({ headers }) => answer(names.map((name) => headers.get(name) ?? "-").join(" "), FRESH));
  return talk;
}

describe("a route that selects by cookie", () => {
  const talkOf = (): Talk =>
    echoing({ routes: [{ path: "/shop/*", cookies: ["currency", "lang"] }] }, "cookie");

  test("keeps one response for each value, whatever other cookies and whatever order clients send", async () => {
    const talk = talkOf();
    expect((await get(talk, "/shop/a", { cookie: "lang=de; session=1; currency=EUR" })).body).toBe(
      "currency=EUR; lang=de",
    );
    expect(await get(talk, "/shop/a", { cookie: "currency=EUR; lang=de; session=2" })).toMatchObject({
      status: expect.stringMatching(/^hit/),
      body: "currency=EUR; lang=de",
    });
    expect((await get(talk, "/shop/a", { cookie: "currency=USD; lang=de" })).body).toBe(
      "currency=USD; lang=de",
    );
    expect((await get(talk, "/shop/a", {})).body).toBe("-");
    expect(talk.seen).toHaveLength(3);
  });

  test("sends the origin no cookie that is not keyed, so that none can shape what others get", async () => {
    const talk = talkOf();
    await get(talk, "/shop/a", { cookie: "session=secret" });
    expect(talk.seen[0]?.headers.get("cookie")).toBeNull();
  });

  test("tells caches behind it by Vary", async () => {
    expect((await get(talkOf(), "/shop/a", { cookie: "lang=de" })).vary).toBe("cookie");
  });

  test("leaves other paths, and changes, as they came", async () => {
    const talk = talkOf();
    expect((await get(talk, "/account", { cookie: "session=1" })).body).toBe("session=1");
    await talk.send("/shop/a", { method: "POST", headers: { cookie: "session=1" } });
    expect(talk.seen.at(-1)?.headers.get("cookie")).toBe("session=1");
  });

  test("does not take a cookie for another whose name it begins with", async () => {
    expect((await get(talkOf(), "/shop/a", { cookie: "language=de; xlang=fr" })).body).toBe("-");
  });
});

describe("a cache that selects by device class", () => {
  const agents: [agent: string, device: string][] = [
    ["Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36", "desktop"],
    [
      "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36",
      "mobile",
    ],
    ["Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148", "mobile"],
    ["Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148", "tablet"],
    ["Mozilla/5.0 (Linux; Android 14; SM-X200) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36", "tablet"],
    ["", "desktop"],
    ["android".repeat(9_000), "tablet"],
  ];
  test.each(agents.map(([agent, device]) => [agent.slice(0, 40), device, agent] as const))(
    "of %j tells the origin %s",
    async (_, device, agent) => {
      const talk = echoing({ device: true }, "tidemark-device");
      expect((await get(talk, "/", { "user-agent": agent })).body).toBe(device);
    },
  );

  test("keeps one response for each class, not for each agent", async () => {
    const talk = echoing({ device: true }, "tidemark-device");
    await get(talk, "/", { "user-agent": "Mozilla/5.0 Mobile one" });
    expect((await get(talk, "/", { "user-agent": "Mozilla/5.0 Mobile two" })).status).toMatch(/^hit/);
    expect((await get(talk, "/", { "user-agent": "Mozilla/5.0 desk" })).body).toBe("desktop");
  });

  test("takes the client hint's word for a mobile", async () => {
    const talk = echoing({ device: true }, "tidemark-device");
    expect((await get(talk, "/", { "sec-ch-ua-mobile": "?1" })).body).toBe("mobile");
  });

  test("a client cannot say itself which class it is, nor its country", async () => {
    const spoofed = { "tidemark-device": "tv", "tidemark-country": "ZZ" };
    const talk = echoing({ device: true }, "tidemark-device", "tidemark-country");
    expect((await get(talk, "/", spoofed)).body).toBe("desktop -");
    await talk.send("/", { method: "POST", headers: spoofed });
    expect(talk.seen.at(-1)?.headers.get("tidemark-country")).toBeNull();
    expect(talk.seen.at(-1)?.headers.get("tidemark-device")).toBe("desktop");
  });
});

describe("a cache that selects by country", () => {
  test("keeps one response for each", async () => {
    const talk = echoing({ country: true }, "tidemark-country");
    expect((await get(talk, "/", {}, { country: "FR" })).body).toBe("FR");
    expect((await get(talk, "/", {}, { country: "DE" })).body).toBe("DE");
    expect((await get(talk, "/", {}, { country: "FR" })).status).toMatch(/^hit/);
    expect((await get(talk, "/", {})).body).toBe("XX");
  });
});

describe("a route that selects by a header", () => {
  test("does so although the response's Vary does not name it, and says so to others", async () => {
    const talk = echoing({ routes: [{ path: "/api/*/v2", headers: ["X-Tenant"] }] }, "x-tenant");
    expect(await get(talk, "/api/a/v2", { "x-tenant": "1" })).toMatchObject({ body: "1", vary: "x-tenant" });
    expect((await get(talk, "/api/a/v2", { "x-tenant": "2" })).body).toBe("2");
    expect((await get(talk, "/api/a/v2", { "x-tenant": "1" })).status).toMatch(/^hit/);
  });
});

describe("what is refreshed behind an answer", () => {
  test("is asked for as the stored response was, not as whoever came by would", async () => {
    const talk = conversation({ cookies: ["lang"], device: true });
    talk.says(() =>
      answer("one", {
        "cache-control": "max-age=1, stale-while-revalidate=60",
        date: new Date(talk.clock()).toUTCString(),
      }),
    );
    await get(talk, "/", { cookie: "lang=de; session=1", "user-agent": "Mobile" });
    talk.pass(5);
    expect((await get(talk, "/", { cookie: "session=2; lang=de", "user-agent": "Mobile 2" })).status).toMatch(
      /^hit;ttl=-4/,
    );
    const [, refresh] = talk.seen;
    expect(refresh?.headers.get("cookie")).toBe("lang=de");
    expect(refresh?.headers.get("tidemark-device")).toBe("mobile");
    expect((await get(talk, "/", { cookie: "lang=de", "user-agent": "Mobile" })).status).toMatch(
      /^hit;ttl=1/,
    );
  });

  test("keeps the Vary of the origin through a 304 that names none", async () => {
    const talk = conversation({ cookies: ["lang"] });
    talk.says(
      answer("one", { "cache-control": "max-age=1", etag: '"1"', vary: "Accept-Language" }),
      answer(null, { "cache-control": "max-age=60", etag: '"1"' }, 304),
    );
    await get(talk, "/", { "accept-language": "de" });
    talk.pass(5);
    expect((await get(talk, "/", { "accept-language": "de" })).vary).toBe("Accept-Language, cookie");
    expect((await get(talk, "/", { "accept-language": "de" })).status).toMatch(/^hit/);
    expect((await get(talk, "/", { "accept-language": "fr" })).status).toMatch(/^fwd=vary-miss/);
  });
});

describe("one URL in several spellings", () => {
  const spellings: [one: string, other: string, forwarded: string][] = [
    ["https://example.com/%7ejoe/a%2fb", "https://example.com/~joe/a%2Fb", "https://example.com/~joe/a%2Fb"],
    ["https://example.com./a", "https://example.com/a", "https://example.com/a"],
    ["https://example.com/?q=%7e%c3%a9", "https://example.com/?q=~%C3%A9", "https://example.com/?q=~%C3%A9"],
  ];
  test.each(spellings)(
    "%s is %s, for the key and for the origin (RFC 9110, 4.2.3)",
    async (one, other, forwarded) => {
      const talk = conversation();
      talk.says(answer("one", FRESH));
      const send = async (url: string) => told(await talk.sendTo(url));
      await send(one);
      await talk.settle();
      expect((await send(other)).status).toMatch(/^hit/);
      expect(talk.seen.map(({ url }) => url)).toEqual([forwarded]);
    },
  );

  test("an origin that signs URLs gets them as they were sent", async () => {
    const talk = conversation({ routes: [{ path: "/signed/*", escapes: "as-sent" }] });
    talk.says(answer("one", FRESH));
    await get(talk, "/signed/%7e?s=%2f");
    expect(talk.seen[0]?.url).toBe("https://example.com/signed/%7e?s=%2f");
  });
});

describe("routes", () => {
  test("the first that fits counts, over the cache's own options", async () => {
    const talk = echoing(
      {
        query: { dropTracking: true },
        routes: [
          { path: "/a", headers: ["x-one"] },
          { path: "/*", headers: ["x-two"] },
        ],
      },
      "x-one",
    );
    expect(await get(talk, "/a?utm_source=x")).toMatchObject({ vary: "x-one" });
    expect(talk.seen[0]?.url).toBe("https://example.com/a");
    expect(await get(talk, "/a/b")).toMatchObject({ vary: "x-two" });
  });

  test.each([
    [{ routes: [{ path: "shop" }] }, /path must begin with a slash/],
    [{ cookies: ["a b"] }, /must be a token/],
    [{ routes: [{ path: "/", headers: [""] }] }, /must be a token/],
  ] as const)("%j is refused with a sentence", (options, sentence) => {
    const { ledger } = conversation();
    expect(() => createEdgeCache({ ledger, ...options })).toThrow(sentence);
  });
});
