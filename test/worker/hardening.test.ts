import { afterEach, describe, expect, test, vi } from "vitest";
import { answer, conversation, told } from "./support/conversation.ts";

afterEach(() => void vi.useRealTimers());

const HOUR = { "cache-control": "max-age=3600" };
const WINDOWS = { "cache-control": "max-age=10, stale-if-error=600", etag: '"1"' };

describe("a purge while a stale response is being validated", () => {
  /** A stale response, and an origin that is asked about it while a purge of it is ordered. */
  async function purgedMeanwhile(then: () => Response | Promise<Response>, ...more: Response[]) {
    const talk = conversation({ bound: 0 });
    talk.says(
      answer("old", WINDOWS),
      async () => {
        await talk.purge({ path: "/a" });
        return then();
      },
      ...more,
    );
    await (await talk.send("/a")).text();
    await talk.settle();
    talk.pass(11);
    return { talk, response: await talk.send("/a") };
  }

  test("forbids it to stand in for an origin that fails", async () => {
    const { response } = await purgedMeanwhile(() => answer("down", {}, 503));
    expect(response.status).toBe(503);
  });

  test("forbids it to stand in for an origin that is lost", async () => {
    const { response } = await purgedMeanwhile(() => Promise.reject(new Error("refused")));
    expect(response.status).toBe(502);
  });

  test("makes a 304 worth nothing: the whole is asked for", async () => {
    const { response, talk } = await purgedMeanwhile(
      () => answer(null, WINDOWS, 304),
      answer("new", WINDOWS),
    );
    expect((await told(response)).body).toBe("new");
    expect(talk.seen[2]?.headers.get("if-none-match")).toBeNull();
  });
});

describe("Upgrade", () => {
  test("to another HTTP changes nothing: the change still invalidates", async () => {
    const talk = conversation();
    talk.says(answer("old", HOUR), answer("done"), answer("new", HOUR));
    await (await talk.send("/a")).text();
    await talk.settle();
    await talk.send("/a", { method: "POST", headers: { upgrade: "h2c" } });
    expect((await told(await talk.send("/a"))).body).toBe("new");
  });

  test("to a WebSocket goes to the origin, and is a 502 when that is down", async () => {
    const talk = conversation();
    talk.goesDown();
    expect((await talk.send("/a", { headers: { upgrade: "websocket" } })).status).toBe(502);
  });
});

describe("a field that Connection lists", () => {
  test("does not reach the origin, and so selects no variant either", async () => {
    const talk = conversation();
    const byLanguage = (request: Request): Response =>
      answer(`in ${request.headers.get("accept-language")}`, { ...HOUR, vary: "accept-language" });
    talk.says(byLanguage);
    const tricked = { "accept-language": "fr", connection: "accept-language" };
    expect((await told(await talk.send("/a", { headers: tricked }))).body).toBe("in null");
    await talk.settle();
    expect((await told(await talk.send("/a", { headers: { "accept-language": "fr" } }))).body).toBe("in fr");
  });
});

describe("a field that switches the format of a page", () => {
  test("gets no stored page that does not vary by it, and leaves none behind", async () => {
    const talk = conversation();
    talk.says((request) => answer(request.headers.has("rsc") ? "data" : "page", HOUR));
    const data = { headers: { rsc: "1" } };
    expect(await told(await talk.send("/a", data))).toMatchObject({
      body: "data",
      status: "fwd=uri-miss;detail=format",
    });
    await talk.settle();
    expect((await told(await talk.send("/a"))).body).toBe("page");
    await talk.settle();
    expect(await told(await talk.send("/a", data))).toMatchObject({
      body: "data",
      status: "fwd=vary-miss;detail=format",
    });
    await talk.settle();
    expect(await told(await talk.send("/a"))).toMatchObject({
      body: "page",
      status: "hit;ttl=3600;detail=hot",
    });
  });

  test("is one of the selecting fields where the response says so", async () => {
    const talk = conversation();
    talk.says((request) => answer(request.headers.has("rsc") ? "data" : "page", { ...HOUR, vary: "rsc" }));
    for (const status of ["fwd=uri-miss;stored", "hit;ttl=3600;detail=hot"]) {
      expect(await told(await talk.send("/a", { headers: { rsc: "1" } }))).toMatchObject({
        body: "data",
        status,
      });
      await talk.settle();
    }
  });
});

describe("a ledger that never answers", () => {
  test("does not hold up a change: the client has its answer in time, and the purge is tried again behind it", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const talk = conversation();
    talk.says(answer("old", HOUR), answer("done"));
    await (await talk.send("/a")).text();
    const purge = vi.spyOn(talk.ledger, "purge").mockReturnValueOnce(new Promise(() => undefined));
    const change = talk.send("/a", { method: "POST" });
    await vi.advanceTimersByTimeAsync(3_000);
    expect((await change).status).toBe(200);
    await vi.advanceTimersByTimeAsync(500);
    expect(purge).toHaveBeenCalledTimes(2);
  });
});

describe("a refresh that never ends", () => {
  test("does not keep others from refreshing for ever", async () => {
    const talk = conversation();
    const SWR = { "cache-control": "max-age=10, stale-while-revalidate=3600" };
    talk.says(answer("one", SWR), () => new Promise<Response>(() => undefined), answer("two", SWR));
    await (await talk.send("/a")).text();
    await talk.settle();
    talk.pass(11);
    await (await talk.send("/a")).text();
    talk.pass(120);
    await (await talk.send("/a")).text();
    await vi.waitFor(async () => expect((await told(await talk.send("/a"))).body).toBe("two"));
  });
});

describe("a client's own no-store", () => {
  test("does not keep others from waiting for one answer", async () => {
    const talk = conversation();
    talk.says(answer("one", HOUR));
    await (await talk.send("/a", { headers: { "cache-control": "no-store" } })).text();
    await talk.settle();
    const others = await Promise.all([1, 2, 3].map(() => talk.send("/a")));
    await Promise.all(others.map((response) => response.text()));
    expect(talk.seen).toHaveLength(2);
  });
});

test("HEAD of a stored 204 announces no length (RFC 9110, 8.6)", async () => {
  const talk = conversation();
  talk.says(answer(null, HOUR, 204));
  await talk.send("/a");
  await talk.settle();
  const head = await talk.send("/a", { method: "HEAD" });
  expect(head.status).toBe(204);
  expect(head.headers.get("content-length")).toBeNull();
});
