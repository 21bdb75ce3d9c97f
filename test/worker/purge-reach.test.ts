import { describe, expect, test } from "vitest";
import { labelsOf, memoryLedger, ledgerView, standing } from "../../src/index.ts";
import { edgeRoutes } from "../../worker/index.ts";
import { answer, conversation, told } from "./support/conversation.ts";

const FRESH = { "cache-control": "max-age=600" };
const TOKEN = "t".repeat(20);

async function get(
  talk: ReturnType<typeof conversation>,
  path: string,
  headers: Record<string, string> = {},
) {
  const got = await told(await talk.send(path, { headers }));
  await talk.settle();
  return got;
}

function api(talk: ReturnType<typeof conversation>, options = {}) {
  const routes = edgeRoutes({ edge: talk.edge, purgeTokens: [TOKEN], ...options });
  return (path: string, init: RequestInit = {}, host = "example.com", token = TOKEN) =>
    routes.fetch(
      new Request(`https://${host}${path}`, { ...init, headers: { authorization: `Bearer ${token}` } }),
    );
}

describe("what a purge reaches", () => {
  test("a purge of a URL reaches the browser's copy under the spelling that the browser asked for", async () => {
    const talk = conversation({ query: { dropTracking: true, sort: true } });
    const send = api(talk);
    const view = ledgerView({ ledger: talk.ledger });
    const before = await view.read();
    const url = "https://example.com/shop?b=2&a=1";
    const labels = labelsOf(url, [], {}) ?? [];
    await send("/purge", { method: "POST", body: JSON.stringify({ files: [url] }) });
    const after = await view.read({ atLeast: { epoch: before!.epoch, position: before!.position + 1 } });
    expect(standing({ epoch: before!.epoch, position: 0, labels }, after!)).toBe("gone");
  });
  test("a change that names another URL in Location purges what is stored of it", async () => {
    const talk = conversation({ query: { sort: true } });
    talk.says(answer("old", FRESH));
    await get(talk, "/item?b=2&a=1");
    talk.says(answer("made", { location: "/item?b=2&a=1" }, 201));
    await told(await talk.send("/items", { method: "POST" }));
    await talk.settle();
    talk.says(answer("new", FRESH));
    expect((await get(talk, "/item?b=2&a=1")).body).toBe("new");
  });
  test("a group is purged also when the request comes to the host with a dot at its end", async () => {
    const talk = conversation();
    const send = api(talk);
    talk.says(answer("old", { ...FRESH, "cache-groups": '"g"' }));
    await told(await talk.sendTo("https://example.com./a"));
    await talk.settle();
    const r = await send(
      "/purge",
      { method: "POST", body: JSON.stringify({ groups: ["g"] }) },
      "example.com.",
    );
    expect((await r.json<{ success: boolean }>()).success).toBe(true);
    talk.says(answer("new", FRESH));
    expect((await told(await talk.sendTo("https://example.com./a"))).body).toBe("new");
  });
  test("a group is purged by its origin with a dot at its end, too", async () => {
    const talk = conversation();
    const send = api(talk);
    talk.says(answer("old", { ...FRESH, "cache-groups": '"g"' }));
    await get(talk, "/a");
    const r = await send("/purge", {
      method: "POST",
      body: JSON.stringify({ groups: ["https://example.com.|g"] }),
    });
    expect(r.status).toBe(200);
    talk.says(answer("new", FRESH));
    expect((await get(talk, "/a")).body).toBe("new");
  });
  test("aliases: a change while the ledger is out of reach is not followed by the old answer here", async () => {
    const inner = memoryLedger();
    let isUp = true;
    const talk = conversation({
      ledger: {
        since: inner.since,
        purge: (o) => (isUp ? inner.purge(o) : Promise.reject(new Error("down"))),
      },
    });
    talk.says(answer("old", { ...FRESH, "no-vary-search": "params" }));
    await get(talk, "/a?x=1");
    expect((await get(talk, "/a?x=2")).body).toBe("old");
    isUp = false;
    talk.says(answer("done"));
    await told(await talk.send("/a?x=2", { method: "POST" }));
    talk.says(answer("new", FRESH));
    expect((await told(await talk.send("/a?x=2"))).body).toBe("new");
  });
});

describe("explain", () => {
  test("tells what a client of a country would get", async () => {
    const talk = conversation({ country: true });
    talk.says(answer("x", FRESH));
    await told(await talk.send("/a", { cf: { country: "DE" } }));
    await talk.settle();
    const r = await api(talk)("/explain?url=/a&header.tidemark-country=DE");
    expect(await r.json()).toMatchObject({ decision: { action: "serve" } });
  });
  test("a credential of one host learns nothing of another", async () => {
    const talk = conversation();
    talk.says(answer("x", { ...FRESH, "cache-tag": "secret-project" }));
    await told(await talk.sendTo("https://other.example/internal"));
    await talk.settle();
    const limited = {
      name: "shop",
      token: "s".repeat(20),
      may: ["explain"],
      hosts: ["example.com"],
    } as const;
    const r = await api(talk, { purgeCredentials: [limited] })(
      "/explain?url=https://other.example/internal",
      {},
      "example.com",
      limited.token,
    );
    expect(r.status).toBe(403);
  });
});

describe("odd names", () => {
  test.each(["http://./", "http://./evil.example/x"])(
    "a host that is a dot (%s) is no crash",
    async (url) => {
      const talk = conversation();
      talk.says(({ url: asked }) => answer(asked, FRESH));
      const r = await told(await talk.sendTo(url));
      expect(r.body).toContain("http://./");
    },
  );
  test("a credential cannot be named as a token of PURGE_TOKEN is", async () => {
    const { readConfig } = await import("../../worker/index.ts");
    expect(() =>
      readConfig({
        ORIGIN_URL: "https://o.example",
        PURGE_TOKEN: "x".repeat(20),
        PURGE_CREDENTIALS: JSON.stringify([{ name: "token-1", token: "y".repeat(20), may: ["tags"] }]),
      }),
    ).toThrow();
  });
});
