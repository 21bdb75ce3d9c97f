import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { describe, expect, test, vi } from "vitest";
import { applyDelta, type LedgerDelta, type LedgerPoint, type Snapshot } from "../../src/index.ts";
import type { LedgerObject } from "../../worker/ledger-object.ts";
import { liveRoutes } from "../../worker/live-routes.ts";
import { liveLedger, type Listener } from "./support/listener.ts";

/** Reads on until the listener knows of a position; the selectors that it has heard of by then. */
async function upTo(listener: Listener, position: number, known?: Snapshot): Promise<Snapshot> {
  let snapshot = known;
  do {
    const delta: LedgerDelta = await listener.next();
    snapshot = applyDelta(snapshot, delta, 0);
    if (snapshot === undefined) throw new Error(`This does not follow: ${JSON.stringify(delta)}`);
  } while (snapshot.position < position);
  return snapshot;
}

const selectorsOf = (snapshot: Snapshot): string[] => [...snapshot.selectors.keys()].sort();

/** Resolves once the shard has sent all it had to send by now: its answer comes after. */
async function afterEverything(listener: Listener): Promise<string[]> {
  listener.send("ping");
  const before: string[] = [];
  for (;;) {
    const text = await listener.text();
    if (text === "pong") return before;
    before.push(text);
  }
}

/** Watches one of the ledger's calls: what it was called with so far. */
async function watched(object: DurableObjectStub<LedgerObject>, call: "listen" | "since") {
  const spy = await runInDurableObject(object, (instance) =>
    vi.spyOn(Object.getPrototypeOf(instance) as LedgerObject, call),
  );
  return (): readonly (readonly unknown[])[] => spy.mock.calls;
}

describe("a listener that comes", () => {
  test("with the ledger's head is told that nothing is missing", async () => {
    const { ledger, purge, listen } = liveLedger();
    const { epoch } = await purge("tag:1");
    const listener = await listen({ epoch, position: 1 });
    expect(await listener.next()).toEqual({ epoch, position: 1, floor: 0, since: 1, changes: [] });
    expect((await ledger.since(undefined)).epoch).toBe(epoch);
  });

  test("with an older point is told what has happened since", async () => {
    const { purge, listen } = liveLedger();
    await purge("tag:1");
    const { epoch } = await purge("tag:2", "tag:3");
    expect(await (await listen({ epoch, position: 1 })).next()).toEqual({
      epoch,
      position: 2,
      floor: 0,
      since: 1,
      changes: [
        ["tag:2", 2, 0],
        ["tag:3", 2, 0],
      ],
    });
  });

  test.each([
    ["no point", () => undefined],
    ["a point of another ledger", () => "other.1"],
    ["rubbish", () => "rubbish"],
  ])("with %s is told everything", async (_, since) => {
    const { purge, listen } = liveLedger();
    await purge("tag:1");
    await purge("tag:2");
    const { since: from, changes } = await (await listen(since())).next();
    expect(from).toBe(null);
    expect(changes.map(([selector]) => selector)).toEqual(["tag:1", "tag:2"]);
  });

  test("with a point that lies ahead is told where the ledger stands, and no more", async () => {
    const { purge, listen } = liveLedger();
    await purge("tag:1");
    const { epoch } = await purge("tag:2");
    const told = { epoch, position: 2, floor: 0, since: 2, changes: [] };
    const listener = await listen({ epoch, position: 99 });
    expect(await listener.next()).toEqual(told);
    listener.send(`? 1 ${epoch}.9000000`);
    expect(JSON.parse(await listener.text())).toEqual({ ...told, id: "1" });
  });

  test("while everything was told before gets the same and what came after it", async () => {
    const { purge, listen } = liveLedger();
    await purge("tag:1");
    await (await listen()).next();
    await purge("tag:2");
    const late = await listen();
    expect(selectorsOf(await upTo(late, 2))).toEqual(["tag:1", "tag:2"]);
  });

  test("is told of a purge that is ordered while it is on its way in", async () => {
    const { purge, listen, object } = liveLedger();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const asked = new Promise<void>((resolve) => {
      void runInDurableObject(object, (instance) => {
        const ledger = Object.getPrototypeOf(instance) as LedgerObject;
        const original = ledger.since;
        // A call from another object gets a promise for whatever the method returns.
        const late = async (answer: LedgerDelta): Promise<LedgerDelta> => {
          resolve();
          await held;
          return answer;
        };
        vi.spyOn(ledger, "since").mockImplementation(function (this: LedgerObject, known) {
          return late(original.call(this, known)) as unknown as LedgerDelta;
        });
      });
    });
    const coming = listen();
    await asked;
    await purge("tag:1");
    release();
    expect(selectorsOf(await upTo(await coming, 1))).toEqual(["tag:1"]);
  });

  test("is told a large ledger in one message of 256 KB or so, which covers all of it", async () => {
    const { purge, listen } = liveLedger();
    for (let batch = 0; batch < 3; batch += 1)
      await purge(...Array.from({ length: 2_000 }, (_, index) => `tag:${batch}-${index}-${"x".repeat(40)}`));
    const text = await (await listen()).text();
    expect(text.length).toBeLessThan(270_000);
    const { floor, changes } = JSON.parse(text) as LedgerDelta;
    expect(floor).toBe(2);
    expect(changes.every(([, hard]) => hard === 3)).toBe(true);
  });
});

describe("a purge", () => {
  test("of one tag is one message of less than 200 bytes to each listener", async () => {
    const { purge, listen } = liveLedger();
    const listeners = [await listen(), await listen(), await listen()];
    for (const listener of listeners) await listener.next();
    await purge("tag:country:fr");
    for (const listener of listeners) {
      const text = await listener.text();
      expect(JSON.parse(text)).toMatchObject({ since: 0, position: 1, changes: [["tag:country:fr", 1, 0]] });
      expect(new TextEncoder().encode(text).length).toBeLessThan(200);
    }
  });

  test("is acknowledged while a shard hangs", async () => {
    const { purge, listen, shard } = liveLedger();
    const listener = await listen();
    await listener.next();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const hanging = runInDurableObject(shard(0), (_, state) => state.blockConcurrencyWhile(() => held));
    expect(await purge("tag:1")).toMatchObject({ position: 1 });
    release();
    await hanging;
    expect(await listener.next()).toMatchObject({ position: 1 });
  });

  test("one of two hundred at once: listeners hear of all in far fewer messages", async () => {
    const { purge, listen } = liveLedger();
    const listener = await listen();
    await listener.next();
    await Promise.all(Array.from({ length: 200 }, (_, index) => purge(`tag:${index}`)));
    let messages = 0;
    let position = 0;
    const seen = new Set<string>();
    while (position < 200) {
      const delta = await listener.next();
      expect(delta.since).toBe(position);
      ({ position } = delta);
      messages += 1;
      for (const [selector] of delta.changes) seen.add(selector);
    }
    expect(seen.size).toBe(200);
    expect(messages).toBeLessThan(100);
  });

  test("reaches the listeners of every shard", async () => {
    const { purge, listen } = liveLedger({ shards: 4 });
    const listeners = await Promise.all(Array.from({ length: 24 }, () => listen()));
    for (const listener of listeners) await listener.next();
    await purge("tag:1");
    for (const listener of listeners) expect(await listener.next()).toMatchObject({ position: 1 });
  });
});

describe("a shard", () => {
  test("that sleeps keeps its listeners and goes on where it was", async () => {
    const { purge, listen, shard } = liveLedger();
    const listener = await listen();
    await listener.next();
    await evictDurableObject(shard(0));
    await purge("tag:1");
    expect(await listener.next()).toMatchObject({ since: 0, position: 1 });
    await purge("tag:2");
    expect(await listener.next()).toMatchObject({ since: 1, position: 2 });
    await evictDurableObject(shard(0));
    await purge("tag:3");
    expect(await listener.next()).toMatchObject({ since: 2, position: 3 });
  });

  test("answers pings without waking", async () => {
    const { listen, shard } = liveLedger();
    const listener = await listen();
    await listener.next();
    await evictDurableObject(shard(0));
    expect(await afterEverything(listener)).toEqual([]);
  });

  test("that missed a purge finds out at the next one, and tells of both", async () => {
    const { purge, listen, object } = liveLedger();
    const listener = await listen();
    await listener.next();
    await runInDurableObject(object, (_, { storage }) => {
      storage.sql.exec("UPDATE head SET position = 1");
      storage.sql.exec(
        "INSERT INTO selectors (selector, hard, soft, last, at) VALUES ('tag:lost', 1, 0, 1, 0)",
      );
    });
    await purge("tag:2");
    expect(await listener.next()).toMatchObject({
      since: 0,
      position: 2,
      changes: [
        ["tag:lost", 1, 0],
        ["tag:2", 2, 0],
      ],
    });
  });

  test("that the ledger has lost sight of registers again within its minute", async () => {
    const { purge, listen, object, shard } = liveLedger();
    const listener = await listen();
    await listener.next();
    await runInDurableObject(object, (_, { storage }) => void storage.sql.exec("DELETE FROM live_shards"));
    await evictDurableObject(object);
    await purge("tag:1");
    expect(await afterEverything(listener)).toEqual([]);
    expect(await runDurableObjectAlarm(shard(0))).toBe(true);
    expect(await listener.next()).toMatchObject({ since: 0, position: 1 });
    await purge("tag:2");
    expect(await listener.next()).toMatchObject({ since: 1, position: 2 });
  });

  test("is still told of purges after the ledger's restart", async () => {
    const { purge, listen, object } = liveLedger();
    const listener = await listen();
    await listener.next();
    await evictDurableObject(object);
    await purge("tag:1");
    expect(await listener.next()).toMatchObject({ position: 1 });
  });

  test("whose listeners have all gone is told once more, and then left alone", async () => {
    const { purge, listen, object } = liveLedger();
    const registered = (): Promise<number> =>
      runInDurableObject(
        object,
        (_, { storage }) => storage.sql.exec("SELECT 1 FROM live_shards").toArray().length,
      );
    const listener = await listen();
    await listener.next();
    expect(await registered()).toBe(1);
    listener.close();
    await listener.ended;
    await expect
      .poll(async () => {
        await purge("tag:1");
        return registered();
      })
      .toBe(0);
  });

  test("has room for so many listeners and asks the others to come back", async () => {
    const { listen, ask } = liveLedger({ connections: 2 });
    await Promise.all([listen(), listen()]);
    const { status, headers } = await ask(undefined, { upgrade: "websocket" });
    expect([status, headers.get("retry-after")]).toEqual([503, "5"]);
  });

  test("whose ledger begins anew tells everyone the whole of it", async () => {
    const { purge, listen, object, shard } = liveLedger();
    const { epoch } = await purge("tag:1");
    const listener = await listen({ epoch, position: 1 });
    await listener.next();
    await runInDurableObject(object, (_, { storage }) => {
      storage.sql.exec("UPDATE head SET epoch = 'another', position = 5");
      storage.sql.exec("UPDATE selectors SET selector = 'tag:9'");
    });
    await runDurableObjectAlarm(shard(0));
    expect(await listener.next()).toMatchObject({
      epoch: "another",
      since: null,
      changes: [["tag:9", 1, 0]],
    });
  });
});

describe("a question over the socket", () => {
  test("is answered with what the ledger knows after it was asked, under its id", async () => {
    const { purge, listen, object } = liveLedger();
    const { epoch } = await purge("tag:1");
    const listener = await listen({ epoch, position: 1 });
    await listener.next();
    // Ordered, but told to nobody: only the ledger itself knows.
    await runInDurableObject(object, (_, { storage }) => {
      storage.sql.exec("UPDATE head SET position = 2");
      storage.sql.exec("INSERT INTO selectors (selector, hard, soft, last, at) VALUES ('tag:2', 2, 0, 2, 0)");
    });
    listener.send(`? q-1 ${epoch}.1`);
    const answer = async (): Promise<unknown> => {
      for (;;) {
        const message = JSON.parse(await listener.text()) as object;
        if ("id" in message) return message;
      }
    };
    expect(await answer()).toEqual({
      id: "q-1",
      epoch,
      position: 2,
      floor: 0,
      since: 1,
      changes: [["tag:2", 2, 0]],
    });
  });

  test("costs the ledger little, however many ask at once", async () => {
    const { purge, listen, object } = liveLedger();
    const { epoch } = await purge("tag:1");
    const listeners = await Promise.all(Array.from({ length: 20 }, () => listen({ epoch, position: 1 })));
    for (const listener of listeners) await listener.next();
    const listening = await watched(object, "listen");
    for (const listener of listeners) for (let id = 0; id < 5; id += 1) listener.send(`? ${id} ${epoch}.1`);
    for (const listener of listeners)
      for (let id = 0; id < 5; id += 1) expect(await listener.next()).toBeDefined();
    expect(listening().length).toBeGreaterThan(0);
    expect(listening().length).toBeLessThan(20);
  });

  test.each([
    ["no question", () => "hello", 1008, /neither a ping nor a question/],
    ["bytes", () => new ArrayBuffer(4), 1009, /text of at most/],
    ["far too long", () => "x".repeat(10_000), 1009, /at most 256/],
    ["a question without a point", () => "? 1 rubbish", 1008, /neither/],
    ["a question with an endless id", () => `? ${"i".repeat(100)} e.1`, 1008, /neither/],
  ])("that is %s ends the connection, and says why", async (_, message, code, reason) => {
    const { listen } = liveLedger();
    const listener = await listen();
    listener.send(message());
    const [ended, why] = await listener.ended;
    expect(ended).toBe(code);
    expect(why).toMatch(reason);
  });

  test("one of a flood ends the connection of who sends it; the others stay", async () => {
    const { purge, listen } = liveLedger();
    const { epoch } = await purge("tag:1");
    const [good, bad] = [await listen({ epoch, position: 1 }), await listen({ epoch, position: 1 })];
    await good.next();
    for (let id = 0; id < 150; id += 1) bad.send(`? ${id} ${epoch}.1`);
    expect(await bad.ended).toEqual([1008, "Too many questions"]);
    await purge("tag:2");
    expect(await good.next()).toMatchObject({ position: 2 });
  });

  test("after ten within a minute that needed everything ends the connection; those about news do not count", async () => {
    const { purge, listen } = liveLedger();
    const { epoch } = await purge("tag:1");
    const listener = await listen({ epoch, position: 1 });
    await listener.next();
    for (let id = 0; id < 20; id += 1) {
      listener.send(`? ${id} ${epoch}.1`);
      expect(await listener.next()).toMatchObject({ since: 1 });
    }
    for (let id = 0; id < 10; id += 1) {
      listener.send(`? ${id} other.1`);
      expect(await listener.next()).toMatchObject({ since: null });
    }
    listener.send("? 10 other.1");
    expect(await listener.ended).toEqual([1008, "Too many questions"]);
    expect(listener.waiting).toBe(0);
  });

  test("from strangers about a thousand old points makes the ledger tell everything once", async () => {
    const { purge, listen, object } = liveLedger();
    for (let index = 0; index < 20; index += 1)
      await purge(...Array.from({ length: 300 }, (_, n) => `tag:${index}-${n}`));
    const { epoch } = await purge("tag:last");
    await (await listen({ epoch, position: 21 })).next();
    const since = await watched(object, "since");
    for (let position = 0; position < 20; position += 1) {
      const listener = await listen({ epoch, position });
      expect(
        selectorsOf(await upTo(listener, 21, { epoch, position, floor: 0, asOf: 0, selectors: new Map() })),
      ).toContain("tag:last");
      listener.close();
    }
    // For one about the last positions and one about everything; the rest asked for nothing but news.
    const far = since().filter(([point]) => (point as LedgerPoint | undefined)?.position !== 21);
    expect(far.length).toBe(2);
  });
});

describe("an event stream", () => {
  const stream = { accept: "text/event-stream" };

  /** The events of a stream, as its lines of data. */
  async function* events(response: Response): AsyncGenerator<{ id: string; data: string }> {
    let text = "";
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
        const [, id = "", data = ""] = /^id: (.*)\ndata: (.*)$/.exec(text.slice(0, end)) ?? [];
        text = text.slice(end + 2);
        yield { id, data };
      }
    }
  }

  test("tells the same as a socket does, and names the token to come back with", async () => {
    const { purge, ask } = liveLedger();
    const { epoch } = await purge("tag:1");
    const response = await ask({ epoch, position: 1 }, stream);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store, no-transform",
    });
    const told = events(response);
    expect((await told.next()).value).toMatchObject({ id: `${epoch}.1` });
    await purge("tag:2");
    const { value } = await told.next();
    expect(value?.id).toBe(`${epoch}.2`);
    expect(JSON.parse(value?.data ?? "")).toMatchObject({ since: 1, changes: [["tag:2", 2, 0]] });
    await told.return(undefined);
  });

  test("goes on where the browser that reconnects was, whatever its URL says", async () => {
    const { purge, ask } = liveLedger();
    await purge("tag:1");
    const { epoch } = await purge("tag:2");
    const told = events(await ask(`${epoch}.0`, { ...stream, "last-event-id": `${epoch}.1` }));
    expect(JSON.parse((await told.next()).value?.data ?? "")).toMatchObject({
      since: 1,
      changes: [["tag:2", 2, 0]],
    });
    await told.return(undefined);
  });
});

describe("GET /live", () => {
  test("without listeners' objects says so in a sentence", async () => {
    const response = await liveRoutes(undefined).request("/live");
    expect(response.status).toBe(501);
    expect(await response.json()).toEqual({ error: expect.stringContaining("LIVE is not bound") });
  });

  test.each([
    ["neither a socket nor a stream", {}, 426],
    ["a page of a site that may not listen", { origin: "https://evil.example", upgrade: "websocket" }, 403],
    ["a page that may listen", { origin: "https://shop.example", accept: "text/event-stream" }, 200],
    ["no page", { accept: "text/event-stream" }, 200],
  ])("asked by %s: %o is answered %i", async (_, headers, status) => {
    const { ask } = liveLedger({ origins: ["https://shop.example"] });
    const response = await ask(undefined, headers);
    expect(response.status).toBe(status);
    await response.body?.cancel();
  });

  test("refuses numbers that make no sense when it is made", () => {
    expect(() => liveLedger({ shards: 0 })).toThrow(/shards must be a positive whole number/);
    expect(() => liveLedger({ connections: 0.5 })).toThrow(/connections must be a positive whole number/);
  });
});
