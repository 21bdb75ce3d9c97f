import { describe, expect, test } from "vitest";
import { answer, conversation, told } from "./support/conversation.ts";

const MINUTE = { "cache-control": "max-age=60" };

describe("a stored response", () => {
  test("answers the next request, with its age, the time left and the tier", async () => {
    const talk = conversation();
    talk.says(answer("one", MINUTE));
    expect(await told(await talk.send("/a"))).toEqual({
      body: "one",
      status: "fwd=uri-miss;stored",
      age: "0",
    });
    await talk.settle();
    talk.pass(20);
    expect(await told(await talk.send("/a"))).toEqual({
      body: "one",
      status: "hit;ttl=40;detail=hot",
      age: "20",
    });
    expect(talk.seen).toHaveLength(1);
  });

  test("counts the age it came with", async () => {
    const talk = conversation();
    talk.says(answer("one", { ...MINUTE, age: "50" }));
    await (await talk.send("/a")).text();
    await talk.settle();
    talk.pass(10);
    expect((await told(await talk.send("/a"))).status).toBe("fwd=uri-miss;stored");
  });

  test("keeps its fields and their order, but none that speak of a connection", async () => {
    const talk = conversation();
    talk.says(
      answer("one", {
        ...MINUTE,
        "x-a": "1",
        connection: "x-hop",
        "x-hop": "secret",
        "keep-alive": "timeout=5",
      }),
    );
    for (const _ of ["fill", "hit"]) {
      const response = await talk.send("/a");
      expect(response.headers.get("x-a")).toBe("1");
      expect(response.headers.get("x-hop")).toBeNull();
      expect(response.headers.get("keep-alive")).toBeNull();
      await response.text();
      await talk.settle();
    }
    expect(talk.seen).toHaveLength(1);
  });

  test("answers HEAD without a body and with its length", async () => {
    const talk = conversation();
    talk.says(answer("12345", MINUTE));
    await (await talk.send("/a")).text();
    await talk.settle();
    const head = await talk.send("/a", { method: "HEAD" });
    expect(head.headers.get("content-length")).toBe("5");
    expect(await told(head)).toMatchObject({ body: "", status: "hit;ttl=60;detail=hot" });
  });

  test("answers 304 to a client that has it, whether it was stored or has just come", async () => {
    const talk = conversation();
    talk.says(answer("one", { ...MINUTE, etag: '"1"', "content-type": "text/plain" }));
    for (const status of ["fwd=uri-miss;stored", "hit;ttl=60;detail=hot"]) {
      const response = await talk.send("/a", { headers: { "if-none-match": 'W/"1"' } });
      expect(response.status).toBe(304);
      expect(response.headers.get("etag")).toBe('"1"');
      expect(response.headers.get("content-type")).toBeNull();
      expect((await told(response)).status).toBe(status);
      await talk.settle();
    }
    expect(talk.seen[0]?.headers.get("if-none-match")).toBeNull();
  });

  test("is one of several variants, each chosen by its own Vary", async () => {
    const talk = conversation();
    const byLanguage = (request: Request): Response =>
      answer(`in ${request.headers.get("accept-language")}`, { ...MINUTE, vary: "Accept-Language" });
    talk.says(byLanguage);
    const read = async (language: string) => {
      const result = await told(await talk.send("/a", { headers: { "accept-language": language } }));
      await talk.settle();
      return result;
    };
    expect(await read("fr")).toMatchObject({ body: "in fr", status: "fwd=uri-miss;stored" });
    expect(await read("de")).toMatchObject({ body: "in de", status: "fwd=vary-miss;stored" });
    expect(await read("fr")).toMatchObject({ body: "in fr", status: "hit;ttl=60;detail=hot" });
    expect(await read("de")).toMatchObject({ body: "in de", status: "hit;ttl=60;detail=hot" });
  });
});

describe("a stale response", () => {
  const VALIDATED = { "cache-control": "max-age=10", etag: '"1"' };

  test("is revalidated; a 304 renews it and keeps the body", async () => {
    const talk = conversation();
    talk.says(
      answer("one", VALIDATED),
      answer(null, { "cache-control": "max-age=30", etag: '"1"', date: "" }, 304),
    );
    await (await talk.send("/a")).text();
    await talk.settle();
    talk.pass(10);
    expect(await told(await talk.send("/a"))).toMatchObject({
      body: "one",
      status: "fwd=stale;fwd-status=304;stored",
    });
    expect(talk.seen[1]?.headers.get("if-none-match")).toBe('"1"');
    await talk.settle();
    talk.pass(29);
    expect(await told(await talk.send("/a"))).toMatchObject({ body: "one", status: "hit;ttl=1;detail=hot" });
  });

  test("is replaced by a new one", async () => {
    const talk = conversation();
    talk.says(answer("one", VALIDATED), answer("two", { ...VALIDATED, etag: '"2"' }));
    await (await talk.send("/a")).text();
    await talk.settle();
    talk.pass(11);
    expect(await told(await talk.send("/a"))).toMatchObject({ body: "two", status: "fwd=stale;stored" });
  });

  test("is asked for again, whole, when a 304 speaks of another response", async () => {
    const talk = conversation();
    const other = answer(null, { ...VALIDATED, etag: '"2"' }, 304);
    talk.says(answer("one", VALIDATED), other, answer("two", { ...VALIDATED, etag: '"2"' }));
    await (await talk.send("/a")).text();
    await talk.settle();
    talk.pass(11);
    expect(await told(await talk.send("/a"))).toMatchObject({ body: "two", status: "fwd=stale;stored" });
    expect(talk.seen[2]?.headers.get("if-none-match")).toBeNull();
  });

  test("goes when its successor may not be stored", async () => {
    const talk = conversation();
    const SIE = { "cache-control": "max-age=10, stale-if-error=600", etag: '"1"' };
    talk.says(answer("one", SIE), answer("for you alone", { "cache-control": "private" }));
    await (await talk.send("/a")).text();
    await talk.settle();
    talk.pass(11);
    expect(await told(await talk.send("/a"))).toMatchObject({
      body: "for you alone",
      status: "fwd=stale;detail=private",
    });
    await talk.settle();
    talk.goesDown();
    expect((await talk.send("/a")).status).toBe(502);
  });

  test("is served while it is revalidated in the background, once, with its own variant's headers and nobody's cookies", async () => {
    const talk = conversation();
    const SWR = {
      "cache-control": "max-age=10, stale-while-revalidate=60",
      vary: "accept-language",
      etag: '"1"',
    };
    talk.says(answer("one", SWR), answer("two", { ...SWR, etag: '"2"' }));
    const client = {
      headers: {
        "accept-language": "fr",
        cookie: "id=1",
        authorization: "Bearer x",
        "x-forwarded-host": "evil",
      },
    };
    await (await talk.send("/a", { headers: { "accept-language": "fr" } })).text();
    await talk.settle();
    talk.pass(15);
    const stale = await Promise.all([
      talk.send("/a", client),
      talk.send("/a", client),
      talk.send("/a", client),
    ]);
    for (const response of stale) {
      expect(await told(response)).toEqual({ body: "one", status: "hit;ttl=-5;detail=hot", age: "15" });
    }
    await talk.settle();
    expect(talk.seen).toHaveLength(2);
    expect(Object.fromEntries(talk.seen[1]?.headers ?? [])).toEqual({
      "accept-language": "fr",
      "if-none-match": '"1"',
      "user-agent": "tidemark",
    });
    expect(await told(await talk.send("/a", client))).toMatchObject({ body: "two" });
  });

  test.each([
    ["it cannot be reached", undefined],
    ["it answers 503", 503],
  ])("stands in for the origin when %s, within stale-if-error and not after", async (_, status) => {
    const talk = conversation();
    talk.says(answer("one", { "cache-control": "max-age=10, stale-if-error=50", etag: '"1"' }));
    await (await talk.send("/a")).text();
    await talk.settle();
    if (status === undefined) talk.goesDown();
    else talk.says(answer("down", {}, status));
    talk.pass(60);
    const fwdStatus = status === undefined ? "" : `;fwd-status=${status}`;
    expect(await told(await talk.send("/a"))).toEqual({
      body: "one",
      status: `fwd=stale${fwdStatus};detail=stale-if-error`,
      age: "60",
    });
    talk.pass(1);
    expect((await talk.send("/a")).status).toBe(status ?? 502);
  });

  test("never stands in where must-revalidate forbids it", async () => {
    const talk = conversation();
    talk.says(
      answer("one", { "cache-control": "max-age=10, stale-if-error=50, must-revalidate", etag: '"1"' }),
    );
    await (await talk.send("/a")).text();
    await talk.settle();
    talk.goesDown();
    talk.pass(11);
    const response = await talk.send("/a");
    expect(response.status).toBe(502);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(await told(response)).toMatchObject({
      body: JSON.stringify({ error: "The origin cannot be reached" }),
      status: "fwd=stale;detail=origin-unreachable",
    });
  });
});

describe("an answer that is not for everyone", () => {
  test.each([
    ["private", { "cache-control": "private, max-age=60" }, {}],
    ["no-store", { "cache-control": "no-store, max-age=60" }, {}],
    ["set-cookie", { ...MINUTE, "set-cookie": "id=1" }, {}],
    ["authorization", MINUTE, { authorization: "Bearer x" }],
    ["vary", { ...MINUTE, vary: "*" }, {}],
    ["no-freshness", { etag: '"1"' }, {}],
    ["tags", { ...MINUTE, "cache-tag": "x".repeat(1_025) }, {}],
  ])("is passed on and not stored: %s", async (reason, fields, headers) => {
    const talk = conversation();
    talk.says(answer("one", fields));
    for (const _ of [1, 2]) {
      expect(await told(await talk.send("/a", { headers }))).toMatchObject({
        body: "one",
        status: `fwd=uri-miss;detail=${reason}`,
      });
      await talk.settle();
    }
    expect(talk.seen).toHaveLength(2);
  });

  test("is stored in spite of a credential where the origin says that it is for all", async () => {
    const talk = conversation();
    talk.says(answer("one", { "cache-control": "public, max-age=60" }));
    await (await talk.send("/a", { headers: { authorization: "Bearer x" } })).text();
    await talk.settle();
    expect(await told(await talk.send("/a"))).toMatchObject({ body: "one", status: "hit;ttl=60;detail=hot" });
  });
});

describe("a targeted field", () => {
  test("speaks to the edge alone: Cache-Control and Expires go on to the browser and mean nothing here", async () => {
    const talk = conversation();
    talk.says(
      answer("one", { "cache-control": "no-store", expires: "0", "cdn-cache-control": "max-age=60" }),
    );
    const first = await talk.send("/a");
    expect(first.headers.get("cache-control")).toBe("no-store");
    await first.text();
    await talk.settle();
    expect((await told(await talk.send("/a"))).status).toBe("hit;ttl=60;detail=hot");
  });
});

describe("an origin that is lost, by the letter of RFC 9111, 4.2.4", () => {
  test("is stood in for by a stale response that nothing forbids, and by no other", async () => {
    const talk = conversation({ rules: { profile: "rfc" } });
    talk.says(answer("one", { "cache-control": "max-age=10" }));
    await (await talk.send("/a")).text();
    talk.says(answer("two", { "cache-control": "max-age=10, must-revalidate" }));
    await (await talk.send("/b")).text();
    await talk.settle();
    talk.goesDown();
    talk.pass(3_600);
    expect((await told(await talk.send("/a"))).body).toBe("one");
    expect((await talk.send("/b")).status).toBe(502);
  });
});

describe("an answer that cannot be passed on", () => {
  test("is a 502 with the reason, and no failure of ours", async () => {
    const talk = conversation();
    talk.says(() => Object.defineProperty(answer("odd"), "status", { value: 999 }));
    const response = await talk.send("/a");
    expect(response.status).toBe(502);
    expect(await told(response)).toMatchObject({
      body: JSON.stringify({ error: "The origin answered with the status 999, which cannot be passed on" }),
      status: "fwd=uri-miss;detail=origin-unreachable",
    });
  });
});

describe("a header that no key holds", () => {
  test.each([
    "x-forwarded-host",
    "x-forwarded-ssl",
    "x-original-url",
    "x-invoke-path",
    "x-middleware-prefetch",
    "x-now-route-matches",
    "x-http-method-override",
    "forwarded",
  ])("does not reach the origin with a fill: %s", async (name) => {
    const talk = conversation();
    talk.says(answer("one", MINUTE));
    await (await talk.send("/a", { headers: { [name]: "evil" } })).text();
    expect(talk.seen[0]?.headers.get(name)).toBeNull();
  });
});
