import { expect, onTestFinished, test } from "vitest";
import { edge } from "../browser/edge.ts";
import { fresh, path, unique, wordOf } from "../browser/support.ts";
import { item, json } from "./suite.ts";

const STORED: unknown = expect.stringMatching(/^fwd=uri-miss;stored/);

/** A page of its own, under a service worker of its own. */
interface WorkerPage {
  readonly window: Window & typeof globalThis;
  ask(url: string, init?: RequestInit): Promise<readonly [text: string, word: string]>;
}

/** @param isEarly whether the page is open before its worker is */
async function workerPage(
  parameters: Readonly<Record<string, string>> = {},
  isEarly = false,
): Promise<WorkerPage> {
  const query = new URLSearchParams({ name: unique("worker"), ...parameters });
  const scope = `/worker-pages/${unique("page")}/`;
  const early = isEarly ? await framed(scope) : undefined;
  const registration = await navigator.serviceWorker.register(`/worker-pages/sw.js?${query}`, { scope });
  onTestFinished(async () => void (await registration.unregister()));
  const worker = registration.installing ?? registration.active;
  if (worker === null) throw new Error("There is no worker");
  const state = (): string => worker.state;
  await expect.poll(state, { timeout: 10_000 }).toBe("activated");
  const window = early ?? (await framed(scope));
  await expect.poll(() => window.navigator.serviceWorker.controller?.scriptURL).toBe(worker.scriptURL);
  return {
    window,
    async ask(url, init) {
      const response = await window.fetch(url, init);
      return [await response.text(), wordOf(response)];
    },
  };
}

/** The window of an empty page. */
async function framed(address: string): Promise<Window & typeof globalThis> {
  const frame = document.createElement("iframe");
  onTestFinished(() => frame.remove());
  frame.src = address;
  const loaded = new Promise((resolve) => frame.addEventListener("load", resolve, { once: true }));
  document.body.append(frame);
  await loaded;
  return frame.contentWindow as Window & typeof globalThis; // It has been loaded.
}

test("what a page fetches is answered by the cache", async () => {
  const page = await workerPage();
  const { url, log } = await item();
  expect(await page.ask(url)).toEqual([json("plum"), STORED]);
  expect(await page.ask(url)).toEqual([json("plum"), expect.stringMatching(/^hit/)]);
  expect(await log()).toHaveLength(1);
  expect((await page.window.fetch(url)).url).toBe(url);
});

test("a page that was open before is taken over, if the script says so", async () => {
  const page = await workerPage({}, true);
  const { url } = await item();
  expect((await page.ask(url))[1]).toEqual(STORED);
});

test("a worker finds on disk what another one has stored under the same name", async () => {
  const name = unique("shared");
  const [one, other] = [await workerPage({ name }), await workerPage({ name })];
  const { url, log } = await item();
  await one.ask(url);
  await expect.poll(async () => (await other.ask(url))[1]).toMatch(/^hit/);
  expect(await log()).toHaveLength(1);
});

test("a change that the page makes goes to the network once, with its body, and makes what is stored invalid", async () => {
  const page = await workerPage();
  const { url, log } = await path([
    { body: json("plum"), headers: fresh(600) },
    { body: "done" },
    { body: json("pear"), headers: fresh(600) },
  ]);
  await page.ask(url);
  expect((await page.ask(url, { method: "POST", body: json("pear") }))[0]).toBe("done");
  expect((await page.ask(url))[0]).toBe(json("pear"));
  expect((await log()).map(({ method }) => method)).toEqual(["GET", "POST", "GET"]);
});

test("what does not match, and what is no fetch of a script's, is left to the browser", async () => {
  const page = await workerPage();
  const { url, log } = await path({ body: json("plum"), headers: fresh(600) });
  const elsewhere = await path({ body: json("plum"), headers: fresh(600) }, "elsewhere");
  expect((await page.ask(elsewhere.url))[1]).toBe("");
  const image = new page.window.Image();
  const done = new Promise((resolve) => (image.onerror = resolve));
  image.src = url;
  await done;
  expect((await page.ask(url))[1]).toEqual(STORED);
  expect((await log()).length).toBeGreaterThan(0);
});

test("a purge comes as it happens, though a service worker may not import()", async () => {
  const at = edge();
  const page = await workerPage({ ...at.addresses });
  const { url } = await item();
  await page.ask(url);
  await at.hasListeners(1);
  await at.purge("tag:fruit");
  await expect.poll(async () => (await page.ask(url))[0]).toBe(json("pear"));
});

test("a purge is heard of by the feed alone, within the bound", async () => {
  const at = edge();
  const page = await workerPage({ feed: at.addresses.feed });
  const { url } = await item();
  await page.ask(url);
  await at.purge("tag:fruit");
  await expect.poll(async () => (await page.ask(url))[0], { timeout: 5_000 }).toBe(json("pear"));
});

test("a page's abort ends its request and not another's", async () => {
  const page = await workerPage();
  const { url, log, release } = await path({ body: json("plum"), headers: fresh(600), hold: true });
  const controller = new page.window.AbortController();
  const aborted = page.ask(url, { signal: controller.signal });
  const other = page.ask(url);
  await expect.poll(async () => (await log()).length).toBe(1);
  controller.abort();
  await expect(aborted).rejects.toMatchObject({ name: "AbortError" });
  await release();
  expect((await other)[0]).toBe(json("plum"));
});

test("an origin that cannot be reached fails the fetch as it would have without the worker", async () => {
  const page = await workerPage();
  const { url } = await path({ breakAfter: 0 });
  await expect(page.ask(url)).rejects.toMatchObject({ name: "TypeError" });
});

test("the script may clear the cache", async () => {
  const page = await workerPage();
  const { url } = await item();
  await page.ask(url);
  const cleared = new Promise((resolve) =>
    page.window.navigator.serviceWorker.addEventListener("message", resolve, { once: true }),
  );
  page.window.navigator.serviceWorker.startMessages();
  page.window.navigator.serviceWorker.controller?.postMessage("logout");
  await cleared;
  expect((await page.ask(url))[0]).toBe(json("pear"));
});
