import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startColos, type Colos } from "./support/colos.ts";
import { serve } from "./support/edge-process.ts";

/** What an edge promises by default, and what a timer may be late. */
const BOUND_MS = 2_000 + 100;

/** An origin whose pages have versions, and that can be made to wait with an answer it has made already. */
function truth() {
  let version = 0;
  let fields: Record<string, string> = {};
  let gate: Promise<void> | undefined;
  let asked = Promise.withResolvers<void>();
  return {
    version: () => version,
    publish: (): number => (version += 1),
    answersWith: (next: Record<string, string>): void => void (fields = next),
    /** From now on answers are made but not sent, until what this returns is called. */
    hold(): { asked: Promise<void>; release: () => void } {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      asked = Promise.withResolvers();
      return {
        asked: asked.promise,
        release() {
          gate = undefined;
          resolve();
        },
      };
    },
    async answer(): Promise<{ body: string; fields: Record<string, string> }> {
      const made = { body: `v${version}`, fields: { "cache-tag": "page", etag: `"${version}"`, ...fields } };
      asked.resolve();
      await gate;
      return made;
    },
  };
}

const origin = truth();
let colos: Colos;
let server: Awaited<ReturnType<typeof serve>>;
let pages = 0;
let path = "";

beforeAll(async () => {
  server = await serve((_, response) => {
    void origin.answer().then(({ body, fields }) => response.writeHead(200, fields).end(body));
  });
  colos = await startColos(server.url);
});
afterAll(async () => {
  await colos?.close();
  await server?.close();
});
beforeEach(() => {
  path = `/page/${(pages += 1)}`;
  origin.answersWith({ "cache-control": "max-age=3600" });
});

async function pause(milliseconds: number): Promise<void> {
  await new Promise((resolve) => void setTimeout(resolve, milliseconds));
}

/** Once the bound is over, both places have the version of now. */
async function expectNewEverywhere(): Promise<void> {
  await pause(BOUND_MS);
  for (const place of colos.places) expect((await place.read(path)).body).toBe(`v${origin.version()}`);
}

describe("two places with one ledger", () => {
  test.each([{ tags: ["page"] }, { purge_everything: true }])(
    "a purge %j in one while the other fills is not undone by the fill",
    async (what) => {
      const [here, there] = colos.places;
      const { asked, release } = origin.hold();
      const filling = here.read(path);
      await asked;
      origin.publish();
      await there.purge(what);
      release();
      await filling;
      await expectNewEverywhere();
    },
  );

  test("nor is one while the other refreshes what is stale", async () => {
    const [here, there] = colos.places;
    origin.answersWith({ "cache-control": "max-age=1, stale-while-revalidate=3600" });
    await here.read(path);
    await pause(1_100);
    const { asked, release } = origin.hold();
    expect((await here.read(path)).status).toContain("hit;ttl=-");
    await asked;
    origin.publish();
    await there.purge({ tags: ["page"] });
    release();
    await expectNewEverywhere();
  });

  test("nor is one while the other takes a copy from the tier that they share", async () => {
    const [here, there] = colos.places;
    await here.read(path);
    await pause(200);
    const copying = there.read(path);
    origin.publish();
    await here.purge({ tags: ["page"] });
    expect((await copying).body).toMatch(/^v\d+$/);
    await expectNewEverywhere();
  });

  test("who holds a purge's token is never served from before it, in the other place either", async () => {
    const [here, there] = colos.places;
    for (let round = 0; round < 10; round += 1) {
      await Promise.all([here.read(path), there.read(path)]);
      origin.publish();
      const { token } = await here.purge({ tags: ["page"] });
      expect((await there.read(path, { "tidemark-token": token })).body).toBe(`v${origin.version()}`);
    }
  });
});

describe("two places, purged again and again", () => {
  /** Reads in both places at once for as long as the work goes on; resolves to the answers older than they may be. */
  async function staleAnswersDuring(work: (purged: () => Promise<void>) => Promise<void>): Promise<string[]> {
    const acknowledged: { version: number; at: number }[] = [];
    const stale: string[] = [];
    let reads = 0;
    let isOver = false;
    const read = async (index: 0 | 1): Promise<void> => {
      while (!isOver) {
        const startedAt = Date.now();
        const { body, status } = await colos.places[index].read(path);
        reads += 1;
        const least = acknowledged.findLast(({ at }) => at + BOUND_MS <= startedAt)?.version ?? 0;
        if (/^v\d+$/.test(body) && Number(body.slice(1)) < least)
          stale.push(`${body} < v${least}: ${status}`);
      }
    };
    const readers = [read(0), read(1), read(0), read(1)];
    await work(async () => {
      const version = origin.publish();
      await colos.places[version % 2 === 0 ? 0 : 1].purge({ tags: ["page"] });
      acknowledged.push({ version, at: Date.now() });
    });
    isOver = true;
    await Promise.all(readers);
    expect(reads).toBeGreaterThan(100);
    return stale;
  }

  test("serve nothing older than the bound allows", async () => {
    const stale = await staleAnswersDuring(async (purged) => {
      for (let purges = 0; purges < 40; purges += 1) {
        await purged();
        await pause(purges % 4 === 3 ? 1_200 : 25);
      }
      await pause(BOUND_MS);
    });
    expect(stale).toEqual([]);
  });

  test("nor when the ledger is ended in between and started again", async () => {
    const stale = await staleAnswersDuring(async (purged) => {
      for (let restarts = 0; restarts < 3; restarts += 1) {
        await purged();
        // Who cannot reach the ledger cannot know: what has been told by then has to hold.
        await pause(BOUND_MS);
        await colos.ledger.stop();
        await expect(colos.places[0].purge({ tags: ["page"] })).rejects.toThrow(/50\d/);
        await colos.ledger.start();
        await expect
          .poll(
            async () =>
              purged().then(
                () => true,
                () => false,
              ),
            { timeout: 20_000 },
          )
          .toBe(true);
        await pause(BOUND_MS);
      }
    });
    expect(stale).toEqual([]);
  });
});
