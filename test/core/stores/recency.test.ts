import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Entry } from "../../../src/store.ts";
import { memoryStore } from "../../../src/stores/memory.ts";
import { recency, Slot } from "../../../src/stores/recency.ts";

class Sized extends Slot {
  readonly size: number;
  constructor(size: number) {
    super();
    this.size = size;
  }
}

const MOST = 20;
const key = fc.constantFrom("a", "b", "c", "d", "e");
const step = fc.oneof(
  fc.record({ does: fc.constant("put" as const), key, size: fc.integer({ min: 1, max: MOST }) }),
  fc.record({ does: fc.constantFrom("use" as const, "look" as const, "remove" as const), key }),
  fc.record({ does: fc.constant("clear" as const), key }),
);

describe("recency()", () => {
  test("keeps what a list that is sorted by last use would", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const real = recency(MOST);
        let model: { key: string; slot: Sized }[] = [];
        for (const it of steps) {
          const there = model.find((one) => one.key === it.key);
          const others = model.filter((one) => one !== there);
          if (it.does === "put") {
            const slot = new Sized(it.size);
            real.put(it.key, slot);
            model = [...others, { key: it.key, slot }];
            while (model.reduce((sum, one) => sum + one.slot.size, 0) > MOST) model.shift();
          } else if (it.does === "clear") {
            real.clear();
            model = [];
          } else if (it.does === "remove") {
            expect(real.remove(it.key)).toBe(there !== undefined);
            model = others;
          } else {
            expect(real[it.does](it.key)).toBe(there?.slot);
            if (it.does === "use" && there !== undefined) model = [...others, there];
          }
          for (const one of "abcde")
            expect(real.look(one)).toBe(model.find((each) => each.key === one)?.slot);
          expect([...real.keys()].sort()).toEqual(model.map((one) => one.key).sort());
        }
      }),
      { numRuns: 500 },
    );
  });

  test("lets go of what it has dropped, so that another can take it", () => {
    const [first, second] = [new Sized(MOST), new Sized(MOST)];
    const real = recency(MOST);
    real.put("a", first);
    expect(first.isKept).toBe(true);
    real.put("b", second);
    expect(first.isKept).toBe(false);
    real.clear();
    expect(second.isKept).toBe(false);
  });
});

/** An entry that is a slot itself. */
class Own extends Sized implements Entry {
  readonly mark = { epoch: "e", position: 0, labels: [] };
  readonly expiresAt = 60_000;
  readonly facts = {};
  readonly body = null;
}

test("a store in memory keeps the very entry, also when two stores have it, and under one key twice", async () => {
  const clock = (): number => 0;
  const [one, other] = [memoryStore({ clock }), memoryStore({ clock })];
  const entry = new Own(300);
  for (let times = 0; times < 2; times += 1) {
    await one.set("k", entry, 60);
    await other.set("k", entry, 60);
    await one.set("again", entry, 30);
    expect([one.peek("k"), other.peek("k"), one.peek("again")]).toEqual([entry, entry, entry]);
    expect(one.peek("k")).toBe(entry);
  }
  await one.delete(["k"]);
  expect(one.peek("k")).toBeUndefined();
  expect([other.peek("k"), one.peek("again")]).toEqual([entry, entry]);
  expect(one.peek("again", 30_001)).toBeUndefined();
});
