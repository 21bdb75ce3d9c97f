import { describe, expect, test } from "vitest";
import { answer, conversation, told } from "./support/conversation.ts";

const MINUTE = { "cache-control": "max-age=60" };

/** An origin that answers when it is let. */
function gate() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { open: resolve, then: (line: () => Response) => () => promise.then(line) };
}

/** Sends equal requests and lets the origin answer once the first has reached it. */
async function burst(
  talk: ReturnType<typeof conversation>,
  count: number,
  open: () => void,
  init?: RequestInit,
) {
  const sent = Array.from({ length: count }, () => talk.send("/a", init));
  while (talk.seen.length === 0) await Promise.resolve();
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  open();
  const answers = await Promise.all(sent.map(async (response) => told(await response)));
  await talk.settle();
  return answers;
}

describe("equal requests at once", () => {
  test("ask the origin once, and all get its answer", async () => {
    const talk = conversation();
    const origin = gate();
    talk.says(origin.then(() => answer("one", MINUTE)));
    const [first, ...others] = await burst(talk, 20, origin.open);
    expect(first).toMatchObject({ body: "one", status: "fwd=uri-miss;stored" });
    for (const other of others)
      expect(other).toMatchObject({ body: "one", status: "fwd=uri-miss;collapsed;ttl=60" });
    expect(talk.seen).toHaveLength(1);
  });

  test("for what is stale say so, and not that nothing was there", async () => {
    const talk = conversation();
    talk.says(answer("old", { "cache-control": "max-age=10", etag: '"1"' }));
    await (await talk.send("/a")).text();
    await talk.settle();
    talk.pass(11);
    const origin = gate();
    talk.says(origin.then(() => answer("new", MINUTE)));
    const sent = [talk.send("/a"), talk.send("/a")];
    for (let turn = 0; turn < 100; turn++) await Promise.resolve();
    origin.open();
    // The answer says that it was made when the conversation began.
    const [, second] = await Promise.all(sent.map(async (response) => told(await response)));
    expect(second).toMatchObject({ body: "new", status: "fwd=stale;collapsed;ttl=49" });
    expect(talk.seen).toHaveLength(2);
  });

  test("share a failure: an origin that is down is not asked by each of them", async () => {
    const talk = conversation();
    const origin = gate();
    talk.says(
      origin.then(() => {
        throw new Error("connection refused");
      }),
    );
    const answers = await burst(talk, 20, origin.open);
    expect(new Set(answers.map(({ body }) => body))).toEqual(
      new Set([JSON.stringify({ error: "The origin cannot be reached" })]),
    );
    expect(talk.seen).toHaveLength(1);
  });

  test("never share an answer that is for one of them, and the next do not even wait", async () => {
    const talk = conversation();
    const origin = gate();
    let count = 0;
    talk.says(origin.then(() => answer(`number ${++count}`, { "set-cookie": `id=${count}` })));
    const answers = await burst(talk, 5, origin.open);
    expect(new Set(answers.map(({ body }) => body)).size).toBe(5);
    const next = await Promise.all([talk.send("/a"), talk.send("/a")]);
    for (const response of next) expect((await told(response)).status).toBe("fwd=uri-miss;detail=set-cookie");
  });

  test("with credentials do not wait for each other", async () => {
    const talk = conversation();
    const origin = gate();
    talk.says(origin.then(() => answer("one", MINUTE)));
    await burst(talk, 3, origin.open, { headers: { authorization: "Bearer x" } });
    expect(talk.seen).toHaveLength(3);
  });

  test("for different variants get each its own, once the Vary is known", async () => {
    const talk = conversation();
    const origin = gate();
    talk.says((request) =>
      origin.then(() =>
        answer(`in ${request.headers.get("accept-language")}`, { ...MINUTE, vary: "accept-language" }),
      )(),
    );
    const languages = ["fr", "de", "fr", "de", "it"];
    const sent = languages.map((language) => talk.send("/a", { headers: { "accept-language": language } }));
    while (talk.seen.length === 0) await Promise.resolve();
    origin.open();
    const bodies = await Promise.all(sent.map(async (response) => (await told(await response)).body));
    expect(bodies).toEqual(languages.map((language) => `in ${language}`));
    expect(talk.seen).toHaveLength(3);
  });

  test("go on when the first client leaves", async () => {
    const talk = conversation();
    const bytes = new TransformStream<Uint8Array, Uint8Array>();
    const writer = bytes.writable.getWriter();
    talk.says(() => new Response(bytes.readable, { headers: MINUTE }));
    const first = await talk.send("/a");
    const second = talk.send("/a");
    await first.body?.cancel();
    await writer.write(new TextEncoder().encode("whole"));
    await writer.close();
    expect((await told(await second)).body).toBe("whole");
    expect(talk.seen).toHaveLength(1);
  });
});
