import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PurgeMode } from "../../../src/purge/ledger.ts";
import { urlLabels, urlSelector } from "../../../src/purge/selectors.ts";
import { tagSelector } from "../../../src/purge/tags.ts";
import { shelf, URL_A } from "./shelf.ts";

type Step =
  | {
      readonly kind: "put";
      readonly accept: "a" | "b";
      readonly varies: boolean;
      readonly tag: "1" | "2";
      readonly late: number;
    }
  | { readonly kind: "purge"; readonly selector: string; readonly mode: PurgeMode }
  | { readonly kind: "find"; readonly accept: "a" | "b" };

const accept = fc.constantFrom("a", "b");
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant("put"),
    accept,
    varies: fc.boolean(),
    tag: fc.constantFrom("1", "2"),
    late: fc.nat(2),
  }),
  fc.record({
    kind: fc.constant("purge"),
    selector: fc.constantFrom(
      "all",
      "host:example.com",
      "prefix:example.com/shop",
      urlSelector("https://example.com/shop/a") ?? "",
      "tag:1",
      "tag:2",
      "tag:3",
    ),
    mode: fc.constantFrom("hard", "soft"),
  }),
  fc.record({ kind: fc.constant("find"), accept }),
);

/** What was put and purged, as an oracle remembers it. */
interface Memory {
  readonly bodies: Map<string, { readonly position: number; readonly labels: readonly string[] }>;
  readonly purges: { readonly position: number; readonly selector: string; readonly mode: PurgeMode }[];
}

/** The purges that a reader at a position knows of and that cover a body. */
function covering({ bodies, purges }: Memory, body: string, position: number): string[] {
  const mark = bodies.get(body);
  if (mark === undefined) throw new Error("A body that nobody put");
  return purges
    .filter((it) => it.position > mark.position && it.position <= position)
    .filter(({ selector }) => selector === "all" || mark.labels.includes(selector))
    .map(({ mode }) => mode);
}

/** Runs the steps side by side, each call of the store in an order that the scheduler chooses; says what went wrong. */
async function run(steps: readonly Step[], scheduler: fc.Scheduler, ledgerIsHeard = true): Promise<string[]> {
  const wrong: string[] = [];
  const memory: Memory = { bodies: new Map(), purges: [] };
  const turn = (what: string): Promise<unknown> => scheduler.schedule(Promise.resolve(), what);
  const it = shelf({
    around: (store) => ({
      ...store,
      get: (key) => turn("get").then(() => store.get(key)),
      set: (key, entry, ttl) => turn(`set ${entry.body ?? "list"}`).then(() => store.set(key, entry, ttl)),
    }),
  });
  const blind = await it.snapshot();

  async function take(one: Step, index: number): Promise<void> {
    await turn(one.kind);
    const snapshot = await it.snapshot();
    if (one.kind === "purge") {
      const { position } = await it.purge(one.selector, one.mode);
      memory.purges.push({ position, selector: one.selector, mode: one.mode });
    } else if (one.kind === "put") {
      const body = `body ${index}`;
      const position = Math.max(0, snapshot.position - one.late);
      memory.bodies.set(body, { position, labels: [...urlLabels(URL_A), tagSelector(one.tag)] });
      await it.put(body, {
        asked: [`Accept: ${one.accept}`],
        answered: one.varies ? ["Vary: Accept"] : [],
        tags: [one.tag],
        position,
      });
    } else {
      const found = await it.find([`Accept: ${one.accept}`], ledgerIsHeard ? snapshot : blind);
      if (found.outcome !== "found") return;
      const modes = covering(memory, found.response.body, snapshot.position);
      if (modes.includes("hard")) wrong.push(`${found.response.body} was served after a hard purge`);
      if (modes.includes("soft") && !found.softPurged)
        wrong.push(`${found.response.body} was served as fresh after a soft purge`);
    }
  }
  await scheduler.waitFor(Promise.all(steps.map(take)));
  return wrong;
}

describe("responseStore() with puts, purges and finds in any order, side by side", () => {
  const steps = fc.array(step, { minLength: 2, maxLength: 12 });

  test("never finds what a purge covers that the reader knows of", async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.scheduler(), async (list, scheduler) => {
        expect(await run(list, scheduler)).toEqual([]);
      }),
      { numRuns: 600 },
    );
  });

  test("a reader that does not look into the ledger is caught", async () => {
    const broken = await fc.check(
      fc.asyncProperty(
        steps,
        fc.scheduler(),
        async (list, scheduler) => (await run(list, scheduler, false)).length === 0,
      ),
      { numRuns: 600 },
    );
    expect(broken.failed).toBe(true);
  });
});
