import { describe, expect, test } from "vitest";
import { memoryLedger, tagSelector, type Ledger } from "../../src/index.ts";
import { answer, conversation, told } from "./support/conversation.ts";

const FIELDS = { "cache-control": "max-age=3600", "cache-tag": "t" };
const ROUTES = [
  { path: "/now", consistency: "linearizable" },
  { path: "/old", consistency: "ttl" },
] as const;

/** A ledger that can be out of reach, and counts what it is asked. */
function countedLedger() {
  const inner = memoryLedger();
  let isUp = true;
  let asked = 0;
  const ledger: Ledger = {
    purge: inner.purge,
    async since(point) {
      asked += 1;
      if (!isUp) throw new Error("out of reach");
      return inner.since(point);
    },
  };
  return { ledger, asked: () => asked, goesDown: () => void (isUp = false) };
}

describe("what a route's readers may count on after a purge", () => {
  async function filled(path: string) {
    const { ledger, asked, goesDown } = countedLedger();
    const talk = conversation({ ledger, routes: ROUTES, failClosed: [tagSelector("price")] });
    talk.says(answer("one", FIELDS));
    await told(await talk.send(path));
    await talk.settle();
    talk.says(answer("two", FIELDS));
    const get = async (): Promise<string> => {
      const { body } = await told(await talk.send(path));
      await talk.settle();
      return body;
    };
    return { talk, asked, goesDown, get };
  }

  const table: [path: string, seconds: number, body: string, because: string][] = [
    ["/now", 0, "two", "linearizable: a read that begins after the acknowledgement is clean"],
    ["/any", 0, "one", "bounded, the default: not yet within the bound"],
    ["/any", 2, "two", "bounded: clean once the bound has passed"],
    ["/old", 2, "one", "ttl: nothing is promised"],
  ];
  test.each(table)("%s %d s after a purge gives %s; %s", async (path, seconds, body) => {
    const { talk, get } = await filled(path);
    await talk.purge({ tag: "t" });
    talk.pass(seconds);
    expect(await get()).toBe(body);
  });

  test("linearizable asks the ledger for every read, bounded does not", async () => {
    for (const [path, questions] of [
      ["/now", 3],
      ["/any", 0],
    ] as const) {
      const { asked, get } = await filled(path);
      const before = asked();
      for (let reads = 0; reads < 3; reads += 1) await get();
      expect([path, asked() - before]).toEqual([path, questions]);
    }
  });

  test("what must not be stale is not served while the ledger is out of reach, the rest is", async () => {
    const { ledger, goesDown } = countedLedger();
    const talk = conversation({ ledger, failClosed: [tagSelector("price")] });
    talk.says((request) =>
      answer("one", { ...FIELDS, "cache-tag": request.url.endsWith("price") ? "price" : "t" }),
    );
    for (const path of ["/price", "/page"]) await told(await talk.send(path));
    await talk.settle();
    goesDown();
    talk.pass(10);
    expect((await told(await talk.send("/price"))).status).toMatch(/^fwd/);
    expect((await told(await talk.send("/page"))).status).toMatch(/^hit/);
  });
});
