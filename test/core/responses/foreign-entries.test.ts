import { describe, expect, test } from "vitest";
import { fieldReader } from "../../../src/http/fields.ts";
import { seen, shelf, URL_A } from "./shelf.ts";

describe("responseStore() over entries that are none of ours", () => {
  const mark = { epoch: "e", position: 0, labels: [] };
  const odd: [name: string, facts: unknown][] = [
    ["nothing", null],
    ["text", "response"],
    ["another kind", { kind: "value", stored: {} }],
    ["a response without facts", { kind: "response" }],
    ["a response with broken facts", { kind: "response", stored: { status: 99 } }],
    ["a list that is none", { kind: "variants", variants: "many" }],
    ["a list of something else", { kind: "variants", variants: [{ nominated: [] }] }],
    [
      "a field name that platforms throw on",
      { kind: "variants", variants: [{ nominated: [["a b", null]], dateAt: 0, expiresAt: 0, mark }] },
    ],
  ];
  test.each(odd)("%s is a miss, reported once and removed", async (_, facts) => {
    const it = shelf();
    await it.memory.set(it.spaced(URL_A), { mark, expiresAt: Infinity, facts, body: "x" }, 60);
    expect(seen(await it.find())).toBe("uri-miss");
    expect(seen(await it.find())).toBe("uri-miss");
    expect(it.events).toEqual([{ type: "unreadable-entry", store: "memory", key: URL_A }]);
  });

  test("with a waitUntil the removal keeps nobody waiting", async () => {
    const it = shelf();
    await it.memory.set(it.spaced(URL_A), { mark, expiresAt: Infinity, facts: null, body: "x" }, 60);
    const background: Promise<unknown>[] = [];
    const lookup = {
      snapshot: await it.snapshot(),
      waitUntil: (work: Promise<unknown>) => void background.push(work),
    };
    expect(seen(await it.store.find(URL_A, fieldReader([]), lookup))).toBe("uri-miss");
    expect(background).toHaveLength(1);
    await Promise.all(background);
    expect(await it.memory.get(it.spaced(URL_A))).toBeUndefined();
  });
});
