import { describe, expect, test } from "vitest";
import type { ApiCache, ResourceState } from "../../browser/index.ts";
import { edge } from "../browser/edge.ts";
import { fresh, path, subject, unique, type Path } from "../browser/support.ts";

export interface Item {
  readonly name: string;
}

export interface Render {
  readonly input: string | undefined;
  readonly state: ResourceState<Item>;
}

/** Some components on a page, all of which show the same resource. */
export interface Page {
  /** What each component shows by now. */
  texts(): readonly string[];
  /** What the first component was rendered with so far. */
  readonly renders: readonly Render[];
  /** Has all of them show another resource, or none. */
  show(input: string | undefined): void;
  leave(): void;
}

export interface PageOptions {
  readonly api: ApiCache;
  readonly input: string | undefined;
  readonly components?: number;
}

/** Puts components on a page that show the text of `wordsOf`. */
export type Mount = (options: PageOptions) => Page;

export const wordsOf = ({ status, data, error }: ResourceState<Item>): string =>
  [status, data?.name ?? "nothing", error instanceof Error ? error.name : "no error"].join(", ");

export const json = (name: string): string => JSON.stringify({ name });

/** A resource that has one name, then another. */
export function item(first = "plum", second = "pear"): Promise<Path> {
  const headers = fresh(600, { "cache-tag": "fruit" });
  return path([
    { body: json(first), headers },
    { body: json(second), headers },
  ]);
}

/** What every binding promises, tried with its real framework. */
export function describeBinding(framework: string, mount: Mount): void {
  describe(`a resource in ${framework}`, () => {
    test("is in the first render if it is in memory", async () => {
      const api = subject();
      const { url } = await item();
      await api.json(url);
      const page = mount({ api, input: url });
      expect(page.texts()).toEqual(["fresh, plum, no error"]);
      expect(page.renders.map(({ state }) => wordsOf(state))).toEqual(["fresh, plum, no error"]);
      page.leave();
    });

    test("is fetched if it is not, once for all components", async () => {
      const api = subject();
      const { url, log } = await item();
      const page = mount({ api, input: url, components: 3 });
      expect(page.texts()).toEqual(Array(3).fill("pending, nothing, no error"));
      await expect.poll(page.texts).toEqual(Array(3).fill("fresh, plum, no error"));
      expect(await log()).toHaveLength(1);
      expect(page.renders.map(({ state }) => wordsOf(state))).toEqual([
        "pending, nothing, no error",
        "fresh, plum, no error",
      ]);
      page.leave();
    });

    test("is shown anew when it is purged", async () => {
      const at = edge();
      const api = subject(at.options);
      const { url } = await item();
      const page = mount({ api, input: url, components: 2 });
      await expect.poll(page.texts).toEqual(Array(2).fill("fresh, plum, no error"));
      await at.hasListeners(1);
      await at.purge("tag:fruit");
      await expect.poll(page.texts).toEqual(Array(2).fill("fresh, pear, no error"));
      // What was there stays on the page until there is something else.
      expect(page.renders.slice(1).some(({ state }) => state.data === undefined)).toBe(false);
      page.leave();
    });

    test("is shown anew when another tab changes it", async () => {
      const name = unique("tabs");
      const [here, there] = [subject({ name }), subject({ name })];
      const headers = fresh(600);
      const { url } = await path([
        { body: json("plum"), headers },
        { body: "done" },
        { body: json("pear"), headers },
      ]);
      const page = mount({ api: here, input: url });
      await expect.poll(page.texts).toEqual(["fresh, plum, no error"]);
      await there.fetch(url, { method: "POST" });
      await expect.poll(page.texts).toEqual(["fresh, pear, no error"]);
      page.leave();
    });

    test("shows an error, and what there was before it", async () => {
      const api = subject();
      const { url } = await path([
        { body: json("plum"), headers: fresh(600) },
        { status: 404, body: "gone" },
      ]);
      const page = mount({ api, input: url });
      await expect.poll(page.texts).toEqual(["fresh, plum, no error"]);
      await api.purge({ urls: [url] });
      await expect.poll(page.texts).toEqual(["error, plum, ResponseError"]);
      page.leave();
    });

    test("shows an error where there was nothing", async () => {
      const api = subject();
      const { url } = await path({ status: 404 });
      const page = mount({ api, input: url });
      await expect.poll(page.texts).toEqual(["error, nothing, ResponseError"]);
      page.leave();
    });

    test("is shown as stale while it is fetched anew", async () => {
      const api = subject();
      const { url, log, release } = await path([
        { body: json("plum"), headers: { "cache-control": "max-age=1, stale-while-revalidate=600" } },
        { body: json("pear"), headers: fresh(600), hold: true },
      ]);
      await api.json(url);
      api.pass(10);
      const page = mount({ api, input: url });
      await expect.poll(page.texts).toEqual(["stale, plum, no error"]);
      await expect.poll(async () => (await log()).length).toBe(2);
      await release();
      await expect.poll(page.texts).toEqual(["fresh, pear, no error"]);
      page.leave();
    });

    test("gives way to another one, and never shows under a URL what is of the one before", async () => {
      const api = subject();
      const [one, other] = [await item("plum"), await item("fig")];
      const page = mount({ api, input: one.url });
      await expect.poll(page.texts).toEqual(["fresh, plum, no error"]);
      page.show(other.url);
      await expect.poll(page.texts).toEqual(["fresh, fig, no error"]);
      await api.purge({ urls: [one.url] });
      await api.json(one.url);
      expect(page.texts()).toEqual(["fresh, fig, no error"]);
      page.show(one.url);
      await expect.poll(page.texts).toEqual(["fresh, pear, no error"]);
      const namesAt = (at: string) =>
        new Set(page.renders.flatMap(({ input, state }) => (input === at ? (state.data?.name ?? []) : [])));
      expect(namesAt(one.url)).toEqual(new Set(["plum", "pear"]));
      expect(namesAt(other.url)).toEqual(new Set(["fig"]));
      page.leave();
    });

    test("is not asked for while there is no URL", async () => {
      const api = subject();
      const { url, log } = await item();
      const page = mount({ api, input: undefined });
      expect(page.texts()).toEqual(["pending, nothing, no error"]);
      expect(page.renders[0]?.state.isFetching).toBe(false);
      page.show(url);
      await expect.poll(page.texts).toEqual(["fresh, plum, no error"]);
      page.show(undefined);
      await expect.poll(page.texts).toEqual(["pending, nothing, no error"]);
      expect(await log()).toHaveLength(1);
      page.leave();
    });

    test("is no longer followed when the last component is gone", async () => {
      const api = subject();
      const { url, log } = await item();
      const page = mount({ api, input: url });
      await expect.poll(page.texts).toEqual(["fresh, plum, no error"]);
      page.leave();
      await nextTask();
      const { length } = page.renders;
      await api.purge({ urls: [url] });
      // A resource that is still followed is asked for before this one.
      const other = await item();
      await api.json(other.url);
      expect(await log()).toHaveLength(1);
      expect(page.renders).toHaveLength(length);
    });
  });
}

export const nextTask = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));
