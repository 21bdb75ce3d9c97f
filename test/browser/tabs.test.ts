import { describe, expect, test } from "vitest";
import { path, subject, unique } from "./support.ts";

const HOUR = { "cache-control": "max-age=3600" };

/** Two caches on one database, as two tabs have them. */
function twoTabs(partitions: readonly [string, string] = ["one", "one"]) {
  const name = unique("tabs");
  const [here, there] = partitions.map((partition) => subject({ name, partition: () => partition }));
  if (here === undefined || there === undefined) throw new Error("There must be two tabs");
  return { name, here, there };
}

/** Resolves once a message has reached every listener of a channel: they hear in the order in which they began. */
async function nextMessage(name: string): Promise<void> {
  const channel = new BroadcastChannel(name);
  await new Promise((resolve) => channel.addEventListener("message", resolve, { once: true }));
  channel.close();
}

describe("a change made in one tab", () => {
  test("makes the stored response go in another, from memory and disk", async () => {
    const { here, there } = twoTabs();
    const { url } = await path([
      { headers: HOUR, body: "old" },
      { body: "done" },
      { headers: HOUR, body: "new" },
    ]);
    await there.ask(url);
    expect((await there.ask(url))[0]).toBe("old");
    await here.fetch(url, { method: "POST" });
    await expect.poll(async () => (await there.ask(url))[0]).toBe("new");
  });

  test("does not reach another user's tab", async () => {
    const { name, here, there } = twoTabs(["one", "other"]);
    const { url } = await path([
      { headers: HOUR, body: "old" },
      { body: "done" },
      { headers: HOUR, body: "new" },
    ]);
    await there.ask(url);
    const heard = nextMessage(`tidemark/${name}/one`);
    await here.fetch(url, { method: "POST" });
    await heard;
    expect((await there.ask(url))[0]).toBe("old");
  });

  test("of everything, by clear(), leaves nothing in another tab", async () => {
    const { here, there } = twoTabs();
    const { url } = await path([
      { headers: HOUR, body: "old" },
      { headers: HOUR, body: "new" },
    ]);
    await there.ask(url);
    await here.clear();
    await expect.poll(async () => (await there.ask(url))[0]).toBe("new");
  });
});

describe("rubbish on the channel between tabs", () => {
  test.each([null, 7, "cleared", {}, { kind: "changed" }, { kind: "changed", url: "nowhere", token: 1 }])(
    "changes nothing and throws nothing: %o",
    async (message) => {
      const { name, here } = twoTabs();
      const { url } = await path([
        { headers: HOUR, body: "old" },
        { headers: HOUR, body: "new" },
      ]);
      await here.ask(url);
      const heard = nextMessage(`tidemark/${name}/one`);
      const channel = new BroadcastChannel(`tidemark/${name}/one`);
      channel.postMessage(message);
      await heard;
      expect((await here.ask(url))[0]).toBe("old");
      channel.close();
    },
  );
});
