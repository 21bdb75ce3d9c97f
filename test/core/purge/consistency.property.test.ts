import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Consistency } from "../../../src/purge/consistency.ts";
import type { Ledger, Snapshot } from "../../../src/purge/ledger.ts";
import { memoryLedger } from "../../../src/purge/memory-ledger.ts";
import { ledgerView } from "../../../src/purge/view.ts";

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000, toFake: ["setTimeout", "clearTimeout", "Date"] }));
afterEach(() => void vi.useRealTimers());

const BOUND = 400;
const MAX_BLIND = 2_000;
const LEVELS: readonly Consistency[] = ["ttl", "kv", "bounded", "linearizable"];

type Step =
  | { readonly does: "purge" | "hear" }
  | { readonly does: "read"; readonly level: Consistency; readonly hasToken: boolean }
  | { readonly does: "pass"; readonly milliseconds: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ does: fc.constantFrom("purge" as const, "hear" as const) }),
  fc.record({
    does: fc.constant("read" as const),
    level: fc.constantFrom(...LEVELS),
    hasToken: fc.boolean(),
  }),
  fc.record({ does: fc.constant("pass" as const), milliseconds: fc.nat(300) }),
);

/** What one question meets on its way there and back; `fails` = refused when it gets there. */
interface Way {
  readonly there: number;
  readonly back: number;
  readonly fails: boolean;
}

const waysOf = (longest: number, fails: fc.Arbitrary<boolean>): fc.Arbitrary<Way[]> =>
  fc.array(fc.record({ there: fc.nat(longest), back: fc.nat(longest), fails }), {
    minLength: 1,
    maxLength: 12,
  });
/** Within the time limit or past it, well or not. */
const anyWays = waysOf(300, fc.boolean());
/** Within half of the time limit. */
const promptWays = waysOf(120, fc.constant(false));

interface Read {
  readonly level: Consistency;
  readonly began: number;
  /** The last position that was acknowledged when it began. */
  readonly known: number;
  readonly token: number;
  readonly wasPromise: boolean;
  snapshot?: Snapshot | undefined;
  isOver: boolean;
}

/** Goes through the steps; each question takes the next of the ways, so that answers overtake each other. */
async function run(steps: readonly Step[], ways: readonly Way[]) {
  const ledger = memoryLedger({ epoch: "e" });
  const acknowledged: { readonly position: number; readonly at: number }[] = [];
  const reads: Read[] = [];
  let asked = 0;
  const wait = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => void setTimeout(resolve, milliseconds));
  const far: Ledger = {
    ...ledger,
    async since(known) {
      const { there, back, fails } = ways[asked++ % ways.length] ?? { there: 0, back: 0, fails: false };
      await wait(there);
      if (fails) throw new Error("refused");
      // Copied: what has been answered does not learn of later purges.
      const answer = structuredClone(await ledger.since(known));
      await wait(back);
      return answer;
    },
  };
  const view = ledgerView({
    ledger: far,
    bound: BOUND / 1_000,
    maxBlind: MAX_BLIND / 1_000,
    timeout: "500ms",
  });

  for (const each of steps) {
    if (each.does === "pass") await vi.advanceTimersByTimeAsync(each.milliseconds);
    else if (each.does === "read") {
      const known = acknowledged.at(-1)?.position ?? 0;
      const token = each.hasToken ? known : 0;
      const answer = view.read({
        consistency: each.level,
        atLeast: token > 0 ? { epoch: "e", position: token } : undefined,
      });
      const read: Read = {
        level: each.level,
        began: Date.now(),
        known,
        token,
        wasPromise: answer instanceof Promise,
        isOver: false,
      };
      reads.push(read);
      void Promise.resolve(answer).then((snapshot) => {
        Object.assign(read, { snapshot: snapshot && { ...snapshot }, isOver: true });
      });
    } else {
      const { position } = await ledger.purge({ selectors: ["tag:1"], mode: "hard" });
      acknowledged.push({ position, at: Date.now() });
      if (each.does === "hear")
        view.apply({
          epoch: "e",
          position,
          floor: 0,
          since: position - 1,
          changes: [["tag:1", position, 0]],
        });
    }
  }
  await vi.advanceTimersByTimeAsync(5_000);
  const positionAt = (instant: number): number =>
    acknowledged.findLast(({ at }) => at <= instant)?.position ?? 0;
  return { reads, positionAt };
}

const history = fc.array(step, { maxLength: 40 });

test("each level keeps its promise, however long questions take and in whatever order answers come", async () => {
  await fc.assert(
    fc.asyncProperty(history, anyWays, async (steps, ways) => {
      const { reads, positionAt } = await run(steps, ways);
      for (const { level, began, known, token, wasPromise, snapshot, isOver } of reads) {
        expect(isOver).toBe(true);
        if (level === "ttl") expect(wasPromise).toBe(false);
        if (level === "kv" && token === 0) expect(wasPromise).toBe(false);
        if (snapshot === undefined) continue;
        if (level === "linearizable") expect(snapshot.position).toBeGreaterThanOrEqual(known);
        if (level === "kv" || level === "bounded") {
          expect(snapshot.position).toBeGreaterThanOrEqual(positionAt(began - MAX_BLIND));
          expect(snapshot.position).toBeGreaterThanOrEqual(token);
        }
      }
    }),
    { numRuns: 300 },
  );
});

test("while the ledger answers, bounded reads know all that was acknowledged before the bound", async () => {
  await fc.assert(
    fc.asyncProperty(history, promptWays, async (steps, ways) => {
      const { reads, positionAt } = await run(steps, ways);
      for (const { level, began, snapshot } of reads) {
        if (level === "ttl" || level === "kv") continue;
        expect(snapshot?.position).toBeGreaterThanOrEqual(positionAt(began - BOUND));
      }
    }),
    { numRuns: 300 },
  );
});

test("in one view nothing goes back: not the position, not a selector", async () => {
  await fc.assert(
    fc.asyncProperty(history, anyWays, async (steps, ways) => {
      const { reads } = await run(steps, ways);
      let last = 0;
      for (const { snapshot, wasPromise } of reads) {
        if (snapshot === undefined || wasPromise) continue;
        expect(snapshot.position).toBeGreaterThanOrEqual(last);
        expect(snapshot.selectors.get("tag:1")?.hard ?? 0).toBeGreaterThanOrEqual(snapshot.position);
        last = snapshot.position;
      }
    }),
    { numRuns: 200 },
  );
});
