import fc from "fast-check";

/** How a world is set up. */
export interface Setting {
  /** The bound of each isolate's view, in seconds; 0 asks the ledger for each read. */
  readonly bounds: readonly [number, number];
  /** A tier between an isolate's memory and the store that both share: none, one each, or one for both. */
  readonly warm: "none" | "own" | "shared";
  /** Pages of one browser, each with a cache and a view of its own. */
  readonly pages: number;
  /** Whether the ledger tells each isolate of purges, besides being asked. */
  readonly tells: boolean;
}

/** One thing that happens. Indexes name isolates, pages, resources, targets and messages, modulo how many there are. */
export type Act =
  | {
      readonly do: "read";
      readonly at: number;
      readonly what: number;
      readonly kind: number;
      readonly token: boolean;
    }
  | {
      readonly do: "page read";
      readonly page: number;
      readonly at: number;
      readonly what: number;
      readonly kind: number;
    }
  | { readonly do: "write"; readonly what: number }
  | { readonly do: "purge"; readonly target: number; readonly soft: boolean; readonly at: number }
  | { readonly do: "change"; readonly at: number; readonly what: number }
  | { readonly do: "page change"; readonly page: number; readonly at: number; readonly what: number }
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "go" | "lose" | "fail"; readonly which: number }
  | { readonly do: "crash"; readonly at: number }
  | { readonly do: "reload"; readonly page: number }
  | { readonly do: "lose the ledger" }
  | { readonly do: "cut" | "mend"; readonly at: number }
  | { readonly do: "set clock"; readonly at: number; readonly by: number }
  | { readonly do: "origin down" | "origin up" };

/** A thing that happens, and which of the messages that it sends are held back: bit n is for the nth. */
export type Step = Act & { readonly hold: number };

export interface History {
  readonly setting: Setting;
  readonly steps: readonly Step[];
}

const at = fc.nat(1);
const page = fc.nat(1);
const kind = fc.nat(1);
/** The plain one most often, so that steps meet. */
const what = fc.constantFrom(0, 0, 0, 1, 1, 2);
const which = fc.nat(4);
const ms = fc.constantFrom(100, 500, 1_000, 2_000, 2_100, 5_000, 11_000, 45_000);
const hold = fc.oneof(
  { withCrossShrink: true },
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 4, arbitrary: fc.nat(7).map((bit) => 1 << bit) },
  { weight: 1, arbitrary: fc.nat(255) },
);

/** How often each kind of step is drawn; those of pages only where there are pages. */
function acts(pages: boolean): fc.Arbitrary<Act> {
  const act = (weight: number, arbitrary: fc.Arbitrary<Act>): fc.WeightedArbitrary<Act> => ({
    weight,
    arbitrary,
  });
  const only = <T extends Act["do"]>(name: T): fc.Arbitrary<T> => fc.constant(name);
  const edge = [
    act(9, fc.record({ do: only("read"), at, what, kind, token: fc.boolean() })),
    act(
      5,
      fc.record({ do: only("purge"), target: fc.nat(7), soft: fc.constantFrom(false, false, true), at }),
    ),
    act(7, fc.record({ do: only("go"), which })),
    act(4, fc.record({ do: only("wait"), ms })),
    act(2, fc.record({ do: only("write"), what })),
    act(1, fc.record({ do: only("change"), at, what })),
    act(1, fc.record({ do: fc.constantFrom<"lose" | "fail">("lose", "fail"), which })),
    act(1, fc.record({ do: only("crash"), at })),
    act(1, fc.record({ do: only("lose the ledger") })),
    act(1, fc.record({ do: fc.constantFrom<"cut" | "mend">("cut", "mend"), at })),
    act(1, fc.record({ do: only("set clock"), at, by: fc.constantFrom(-5_000, -1_500, 1_500, 60_000) })),
    act(1, fc.record({ do: fc.constantFrom<"origin down" | "origin up">("origin down", "origin up") })),
  ];
  const browser = [
    act(14, fc.record({ do: only("page read"), page, at, what, kind })),
    act(2, fc.record({ do: only("page change"), page, at, what })),
    act(1, fc.record({ do: only("reload"), page })),
  ];
  return fc.oneof({ withCrossShrink: true }, ...edge, ...(pages ? browser : []));
}

/** Histories of up to so many steps. */
export function histories(pages: boolean, maxLength: number): fc.Arbitrary<History> {
  const step: fc.Arbitrary<Step> = fc.tuple(acts(pages), hold).map(([act, held]) => ({ ...act, hold: held }));
  return fc.record({
    setting: fc.record({
      bounds: fc.constantFrom<[number, number][]>([2, 2], [2, 2], [2, 0]),
      warm: fc.constantFrom("none", "own", "shared"),
      pages: pages ? fc.constantFrom(1, 2) : fc.constant(0),
      tells: fc.boolean(),
    }),
    steps: fc.array(step, { minLength: 1, maxLength, size: "max" }),
  });
}
