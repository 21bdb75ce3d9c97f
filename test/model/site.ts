import { hostSelector, prefixSelector, tagSelector, urlSelector, type Selector } from "../../src/index.ts";

const HOST = "shop.example";

/** What the origin publishes. */
export interface Resource {
  readonly name: string;
  readonly url: string;
  readonly policy: string;
  readonly tags: string;
  /** Whether it comes in two kinds, by the request header `kind`. */
  readonly varies: boolean;
  /** What of it may be shown after a soft purge: while it is renewed, and while the origin is away. */
  readonly mayBeStale: boolean;
}

function resource(name: string, path: string, policy: string, tags: string, varies = false): Resource {
  return { name, url: `https://${HOST}${path}`, policy, tags, varies, mayBeStale: policy.includes("stale") };
}

/** Few and different: one that lives long, one with stale windows, one with variants. */
export const RESOURCES: readonly Resource[] = [
  resource("a", "/s/a", "max-age=1000", "t1"),
  resource("b", "/s/b", "max-age=4, stale-while-revalidate=40, stale-if-error=40", "t1, t2"),
  resource("c", "/c", "max-age=1000, stale-while-revalidate=5", "t2", true),
];

/** What can be purged: its name, its selector, and, written down by hand, the resources that it covers. */
export interface Target {
  readonly name: string;
  readonly selector: Selector;
  readonly covers: string;
}

export const TARGETS: readonly Target[] = [
  target("url a", urlSelector(`https://${HOST}/s/a`), "a"),
  target("url b", urlSelector(`https://${HOST}/s/b`), "b"),
  target("url c", urlSelector(`https://${HOST}/c`), "c"),
  target("tag t1", tagSelector("t1"), "ab"),
  target("tag t2", tagSelector("t2"), "bc"),
  target("prefix /s", prefixSelector(`${HOST}/s`), "ab"),
  target("host", hostSelector(HOST), "abc"),
  target("everything", "all", "abc"),
];

function target(name: string, selector: Selector | undefined, covers: string): Target {
  if (selector === undefined) throw new Error(`No selector for ${name}`);
  return { name, selector, covers };
}

/** The item of a list that a number names, whatever the number. */
export function pick<T>(list: readonly T[], index: number): T {
  const item = list[index % list.length];
  if (item === undefined) throw new RangeError("An empty list has nothing to pick");
  return item;
}
