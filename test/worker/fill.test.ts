import { describe, expect, test } from "vitest";
import { fillBudget, splitBody } from "../../worker/fill.ts";

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** A body that the test writes, chunk by chunk. */
function writableBody() {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>(
    {},
    { highWaterMark: 1_000 },
    { highWaterMark: 1_000 },
  );
  const writer = writable.getWriter();
  return {
    readable,
    write: (chunk: string) => writer.write(new TextEncoder().encode(chunk)),
    close: () => writer.close(),
    breakOff: () => writer.abort(new Error("Network connection lost.")),
  };
}

function split(options: { length?: number; limit?: number; budget?: number } = {}) {
  const body = writableBody();
  const budget = fillBudget(options.budget ?? 1_000);
  const parts = splitBody(body.readable, { length: options.length, limit: options.limit ?? 100, budget });
  return { body, budget, ...parts };
}

describe("splitBody()", () => {
  test.each([undefined, 10])(
    "gives the client and the copy the same bytes (announced length: %s)",
    async (length) => {
      const { body, toClient, whole } = split(length === undefined ? {} : { length });
      const client = new Response(toClient).text();
      await body.write("12345");
      await body.write("67890");
      await body.close();
      expect(await client).toBe("1234567890");
      const copy = await whole;
      expect("body" in copy && text(copy.body)).toBe("1234567890");
    },
  );

  test("keeps the copy when the client leaves", async () => {
    const { body, toClient, whole } = split();
    await toClient.cancel();
    await body.write("1234567890");
    await body.close();
    expect(await whole).toHaveProperty("body");
  });

  test("completes the copy although the client reads nothing yet", async () => {
    const { body, toClient, whole } = split();
    await body.write("12345");
    await body.write("67890");
    await body.close();
    expect(await whole).toHaveProperty("body");
    expect(await new Response(toClient).text()).toBe("1234567890");
  });

  test("never keeps a body that broke off, and lets the client know", async () => {
    const { body, toClient, whole } = split();
    const client = new Response(toClient).text().catch(() => "broken");
    await body.write("12345");
    await body.breakOff();
    expect(await client).toBe("broken");
    expect(await whole).toEqual({ dropped: "truncated" });
  });

  test("never keeps a body that is shorter than was announced", async () => {
    const { body, toClient, whole } = split({ length: 10 });
    const client = new Response(toClient).text().catch(() => "broken");
    await body.write("12345");
    await body.close();
    expect(await whole).toEqual({ dropped: "length-mismatch" });
    expect(await client).toBe("broken");
  });

  test("sends on a body above the limit, and keeps nothing of it", async () => {
    const { body, toClient, whole, budget } = split({ limit: 8 });
    const client = new Response(toClient).text();
    await body.write("12345");
    await body.write("67890");
    await body.close();
    expect(await client).toBe("1234567890");
    expect(await whole).toEqual({ dropped: "too-large" });
    expect(budget.take(1_000)).toBe(true);
  });

  test("tells at once that the copy is dropped, while the client goes on reading", async () => {
    const { body, toClient, whole } = split({ limit: 8 });
    const client = new Response(toClient).text();
    await body.write("12345");
    await body.write("67890");
    expect(await whole).toEqual({ dropped: "too-large" });
    await body.write("more");
    await body.close();
    expect(await client).toBe("1234567890more");
  });

  test("ends the origin's stream when the client leaves a body that is not kept", async () => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const { toClient, whole } = splitBody(readable, { length: 1_000, limit: 8, budget: fillBudget(10) });
    await toClient.cancel();
    const writer = writable.getWriter();
    await expect(
      writer.write(new Uint8Array(5)).then(() => writer.write(new Uint8Array(5))),
    ).rejects.toThrow();
    expect(await whole).toEqual({ dropped: "too-large" });
  });

  test("keeps within the budget of all fills together and gives back what it took", async () => {
    const budget = fillBudget(12);
    const first = writableBody();
    const second = writableBody();
    const one = splitBody(first.readable, { length: 10, limit: 100, budget });
    const other = splitBody(second.readable, { length: undefined, limit: 100, budget });
    const clients = [one, other].map(({ toClient }) => new Response(toClient).text());
    await second.write("12345");
    await second.close();
    expect(await other.whole).toEqual({ dropped: "over-budget" });
    await first.write("1234567890");
    await first.close();
    expect(await one.whole).toHaveProperty("body");
    expect(await Promise.all(clients)).toEqual(["1234567890", "12345"]);
    expect(budget.take(12)).toBe(true);
  });
});
