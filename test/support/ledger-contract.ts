import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  applyDelta,
  deltaSince,
  standing,
  type Ledger,
  type LedgerDelta,
  type LedgerPoint,
  type PurgeMode,
  type PurgeOrder,
  type Snapshot,
} from "../../src/index.ts";
import { applyPurge, emptyLedger } from "../../src/purge/state.ts";

/** One home of a ledger as the suite finds it: empty. */
export interface OpenLedger {
  readonly ledger: Ledger;
  /** The same ledger as another process would open it. @defaultValue `ledger` */
  readonly other?: Ledger;
  readonly close?: () => void | Promise<void>;
}

export interface LedgerContractOptions {
  /** Promises nothing about order between writers: what needs one step for all is not looked at. @defaultValue false */
  readonly isBestEffort?: boolean;
  /** Whether it knows idempotency keys and keeps a log. @defaultValue true */
  readonly hasLog?: boolean;
  /** How many histories the property test goes through. @defaultValue 50 */
  readonly runs?: number;
}

const hard = (...selectors: string[]): PurgeOrder => ({ selectors, mode: "hard" });
const soft = (...selectors: string[]): PurgeOrder => ({ selectors, mode: "soft" });

/**
 * Proves that a home keeps the promises of `Ledger`. Needs vitest and fast-check and nothing else, so it runs in Node
 * and inside workerd.
 *
 * @param open a new, empty ledger; each test opens its own
 */
export function ledgerContract(
  name: string,
  open: () => OpenLedger | Promise<OpenLedger>,
  { isBestEffort = false, hasLog = true, runs = 50 }: LedgerContractOptions = {},
): void {
  describe(`${name} keeps the promises of a Ledger`, () => {
    let ledger: Ledger;
    let other: Ledger;
    let close: OpenLedger["close"];
    beforeEach(async () => {
      const opened = await open();
      ({ ledger, close } = opened);
      other = opened.other ?? ledger;
    });
    afterEach(async () => {
      await close?.();
    });

    const snapshot = async (): Promise<Snapshot> => follow(undefined, await ledger.since(undefined));

    test("it is born empty", async () => {
      expect(await ledger.since(undefined)).toMatchObject({ floor: 0, since: null, changes: [] });
    });

    test("what was stored before a hard purge is gone, what was stored after it is current", async () => {
      const before = markOf(await snapshot(), "tag:1");
      const receipt = await ledger.purge(hard("tag:1"));
      const after = await snapshot();
      expect(receipt).toMatchObject({ epoch: before.epoch, selectors: 1 });
      expect(standing(before, after)).toBe("gone");
      expect(standing({ ...before, labels: ["tag:2"] }, after)).toBe("current");
      expect(standing(markOf(after, "tag:1"), after)).toBe("current");
    });

    test("a soft purge makes stale, and a hard one beats it, in either order", async () => {
      const before = markOf(await snapshot(), "tag:1");
      await ledger.purge(soft("tag:1", "tag:2"));
      expect(standing(before, await snapshot())).toBe("soft");
      await ledger.purge(hard("tag:1"));
      const between = markOf(await snapshot(), "tag:1");
      await ledger.purge(soft("tag:1"));
      const after = await snapshot();
      expect(standing(before, after)).toBe("gone");
      expect(standing(between, after)).toBe("soft");
      expect(standing({ ...before, labels: ["tag:2"] }, after)).toBe("soft");
    });

    test("all who open it see one ledger", async () => {
      const before = markOf(follow(undefined, await other.since(undefined)), "tag:1");
      await ledger.purge(hard("tag:1"));
      expect(standing(before, follow(undefined, await other.since(undefined)))).toBe("gone");
    });

    test("each purge has a higher position than the ones before, and counts each selector once", async () => {
      const receipts = [
        await ledger.purge(hard("tag:1", "tag:2", "tag:1")),
        await other.purge(hard("tag:1")),
      ];
      expect(receipts.map(({ selectors }) => selectors)).toEqual([2, 1]);
      expect(receipts[1]?.position).toBeGreaterThan(receipts[0]?.position ?? Number.POSITIVE_INFINITY);
    });

    test("who asks since a point of another epoch gets the whole ledger", async () => {
      const { position } = await ledger.purge(hard("tag:1"));
      expect(await ledger.since({ epoch: "another", position })).toMatchObject({
        since: null,
        changes: [["tag:1", position, 0]],
      });
    });

    test("a position that the ledger never gave is never gone on from", async () => {
      const { epoch, position } = await ledger.purge(hard("tag:1"));
      expect((await ledger.since({ epoch, position: position + 1_000_000_000 })).since).toBeNull();
    });

    test("purges that come at once take effect one by one, and none is lost", async () => {
      const before = await snapshot();
      const receipts = await Promise.all(
        Array.from({ length: 40 }, (_, index) => (index % 2 ? ledger : other).purge(hard(`tag:${index}`))),
      );
      const after = await snapshot();
      if (!isBestEffort) expect(new Set(receipts.map(({ position }) => position)).size).toBe(40);
      for (let index = 0; index < 40; index += 1)
        expect(standing(markOf(before, `tag:${index}`), after)).toBe("gone");
    });

    const odd: string[] = [
      `tag:a:b|c/../d?e#f "g" 'h' \\ %00 {}[]<>`,
      "tag:caf\u00e9 \u4e2d\u6587 \u{1f600}",
      "tag:__proto__",
      "url:0123456789abcdefghijklmnopqr",
      `prefix:example.com/${"a/".repeat(500)}a`,
      `tag:${"x".repeat(1_024)}`,
      "group:https://example.com|g",
      "all",
    ];
    test("selectors come back as they were ordered", async () => {
      await ledger.purge(hard(...odd));
      const { changes } = await ledger.since(undefined);
      expect(changes.map(([selector]) => selector).toSorted()).toEqual(odd.toSorted());
    });

    test("an order of ten thousand selectors is one purge", async () => {
      const { epoch, position } = await ledger.since(undefined);
      const selectors = Array.from({ length: 10_000 }, (_, index) => `tag:product-${index}`);
      const receipt = await ledger.purge(soft(...selectors));
      expect(receipt.selectors).toBe(10_000);
      const { changes } = await ledger.since({ epoch, position });
      expect(new Set(changes.map(([, , at]) => at))).toEqual(new Set([receipt.position]));
      expect(changes).toHaveLength(10_000);
    });

    test("an order for nothing is refused, and changes nothing", async () => {
      await expect(ledger.purge(hard())).rejects.toThrow("Cannot purge");
      expect(await ledger.since(undefined)).toMatchObject({ changes: [] });
    });

    describe.runIf(hasLog)("by idempotency key", () => {
      const order: PurgeOrder = { ...hard("tag:1", "tag:2"), idempotencyKey: "deploy-7" };

      test("an order that comes again is answered with its first receipt, and purges nothing anew", async () => {
        const first = await ledger.purge(order);
        const between = markOf(await snapshot(), "tag:1");
        const replay = await other.purge({ ...order, selectors: ["tag:2", "tag:1", "tag:1"] });
        expect(replay).toEqual({ ...first, isReplay: true });
        expect(standing(between, await snapshot())).toBe("current");
        expect(await ledger.history?.({ limit: 10 })).toHaveLength(1);
      });

      const others: [what: string, order: PurgeOrder][] = [
        ["other selectors", { ...hard("tag:1"), idempotencyKey: "deploy-7" }],
        ["another mode", { ...soft("tag:1", "tag:2"), idempotencyKey: "deploy-7" }],
      ];
      test.each(others)("one with %s conflicts, and purges nothing", async (_, another) => {
        await ledger.purge(order);
        const between = markOf(await snapshot(), "tag:1");
        await expect(ledger.purge(another)).rejects.toMatchObject({ name: "IdempotencyConflict" });
        expect(standing(between, await snapshot())).toBe("current");
      });

      test("two keys are two purges, as are two orders without one", async () => {
        const orders = [order, { ...order, idempotencyKey: "deploy-8" }, hard("tag:1"), hard("tag:1")];
        const receipts = [];
        for (const each of orders) receipts.push(await ledger.purge(each));
        expect(receipts.filter(({ isReplay }) => isReplay)).toEqual([]);
        expect(new Set(receipts.map(({ position }) => position)).size).toBe(4);
      });

      test("of many at once exactly one is carried out", async () => {
        if (isBestEffort) return;
        const receipts = await Promise.all(Array.from({ length: 10 }, () => ledger.purge(order)));
        expect(receipts.filter(({ isReplay }) => isReplay !== true)).toHaveLength(1);
        expect(new Set(receipts.map(({ position }) => position)).size).toBe(1);
      });
    });

    describe.runIf(hasLog)("in its log", () => {
      test("a purge stands with who, when and why, the newest first", async () => {
        const one = await ledger.purge({ ...soft("tag:1"), reason: "a new price", actor: "editor" });
        const two = await ledger.purge({ ...hard("tag:2", "tag:3"), origin: "traffic", idempotencyKey: "k" });
        expect(await ledger.history?.({ limit: 10 })).toEqual([
          {
            ...{ position: two.position, orderedAt: expect.any(Number), mode: "hard", origin: "traffic" },
            ...{ actor: null, idempotencyKey: "k", selectors: ["tag:2", "tag:3"], named: 2, reason: null },
          },
          {
            ...{ position: one.position, orderedAt: expect.any(Number), mode: "soft", origin: "operator" },
            ...{
              actor: "editor",
              idempotencyKey: null,
              selectors: ["tag:1"],
              named: 1,
              reason: "a new price",
            },
          },
        ]);
      });

      test("pages follow each other without gap or overlap", async () => {
        const positions: number[] = [];
        for (let index = 0; index < 5; index += 1)
          positions.unshift(
            (await ledger.purge({ ...hard("tag:1"), origin: index % 2 ? "traffic" : "operator" })).position,
          );
        const pages: number[] = [];
        for (let before: number | undefined; pages.length < 5; before = pages.at(-1)) {
          const page = await ledger.history?.({ limit: 2, ...(before !== undefined && { before }) });
          pages.push(...(page ?? []).map(({ position }) => position));
        }
        expect(pages).toEqual(positions);
      });
    });

    test("readers that ask whenever they like know what readers of the pure ledger know", async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
          const opened = await open();
          try {
            await replay(steps, [opened.ledger, opened.other ?? opened.ledger]);
          } finally {
            await opened.close?.();
          }
        }),
        { numRuns: runs },
      );
    });
  });
}

/** Few selectors, so that orders and labels meet. */
const LABELS = ["host:h", "prefix:h/a", "url:0123456789abcdefghijklmnopqr", "tag:1", "tag:2"];
const READERS = 3;

type Step =
  | { readonly does: "purge"; readonly by: number; readonly selectors: string[]; readonly mode: PurgeMode }
  | { readonly does: "ask"; readonly reader: number; readonly whole: boolean };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    does: fc.constant("purge" as const),
    by: fc.nat(1),
    selectors: fc.subarray(["all", ...LABELS], { minLength: 1 }),
    mode: fc.constantFrom("hard" as const, "soft" as const),
  }),
  fc.record({ does: fc.constant("ask" as const), reader: fc.nat(READERS - 1), whole: fc.boolean() }),
);

/** What a reader has of the ledger under test, and what it would have of the pure one. */
interface Known {
  readonly real: Snapshot;
  readonly pure: Snapshot;
}

/** Goes through the steps with the ledger and with the pure state beside it; all marks taken on the way stand alike. */
async function replay(steps: readonly Step[], ledgers: readonly Ledger[]): Promise<void> {
  const state = emptyLedger("pure");
  const [ledger] = ledgers;
  if (ledger === undefined) throw new Error("No ledger");
  const readers: (Known | undefined)[] = Array.from({ length: READERS }, () => undefined);
  const marks: Known[] = [];
  for (const each of steps) {
    if (each.does === "purge") {
      const { selectors, mode } = each;
      await ledgers[each.by]?.purge({ selectors, mode });
      applyPurge(state, each);
      continue;
    }
    const known = each.whole ? undefined : readers[each.reader];
    const now = {
      real: follow(known?.real, await ledger.since(pointOf(known?.real))),
      pure: follow(known?.pure, deltaSince(state, pointOf(known?.pure))),
    };
    readers[each.reader] = now;
    marks.push({ real: { ...now.real }, pure: { ...now.pure } });
    for (const mark of marks) {
      for (const label of LABELS) {
        expect(standing(markOf(mark.real, label), now.real)).toBe(
          standing(markOf(mark.pure, label), now.pure),
        );
      }
    }
  }
}

function pointOf(snapshot: Snapshot | undefined): LedgerPoint | undefined {
  return snapshot && { epoch: snapshot.epoch, position: snapshot.position };
}

function markOf({ epoch, position }: Snapshot, label: string) {
  return { epoch, position, labels: [label] };
}

/** Applies a delta that has to follow on. */
function follow(snapshot: Snapshot | undefined, delta: LedgerDelta): Snapshot {
  const next = applyDelta(snapshot, delta, 0);
  if (next === undefined) throw new Error("The ledger's answer does not follow on");
  return next;
}
