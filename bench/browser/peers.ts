import { QueryClient, type QueryPersister } from "@tanstack/query-core";
import { experimental_createQueryPersister } from "@tanstack/query-persist-client-core";
import axios from "axios";
import { buildStorage, setupCache } from "axios-cache-interceptor";
import { createStore, del, get, set, setMany } from "idb-keyval";
import { CacheFirst } from "workbox-strategies";

/** Reads a document that has been read before: its value, parsed. */
export type Read = (url: string) => Promise<unknown>;

const DAY = 86_400_000;

/** What one writes by hand: text under the URL, a Response made of it. */
export function handWritten(name: string): Read {
  const store = createStore(name, "texts");
  return async (url) => {
    const kept = await get<string>(url, store);
    if (kept !== undefined) return new Response(kept).json();
    const text = await (await fetch(url)).text();
    await set(url, text, store);
    return JSON.parse(text);
  };
}

/** The same with a Map in place of the database. */
export function mapOfTexts(): Read {
  const texts = new Map<string, string>();
  return async (url) => {
    const kept = texts.get(url);
    if (kept !== undefined) return new Response(kept).json();
    const text = await (await fetch(url)).text();
    texts.set(url, text);
    return JSON.parse(text);
  };
}

const getJson: Read = async (url) => (await fetch(url)).json();

export function tanstackMemory(): Read {
  const client = new QueryClient({ defaultOptions: { queries: { staleTime: DAY } } });
  return (url) => client.fetchQuery({ queryKey: [url], queryFn: () => getJson(url) });
}

/** A client of its own for each read, as after a load: nothing is in memory. */
export function tanstackDisk(name: string): Read {
  const store = createStore(name, "queries");
  const { persisterFn } = experimental_createQueryPersister({
    storage: {
      getItem: (key) => get<string>(key, store),
      setItem: (key, value) => set(key, value, store),
      removeItem: (key) => del(key, store),
    },
    refetchOnRestore: false,
  });
  // The two packages' types differ in a member that nobody reads here.
  const persister = persisterFn as unknown as QueryPersister<unknown, string[]>;
  return (url) => {
    const client = new QueryClient({ defaultOptions: { queries: { staleTime: DAY, gcTime: 0 } } });
    return client.fetchQuery({ queryKey: [url], queryFn: () => getJson(url), persister });
  };
}

export function axiosMemory(): Read {
  const client = setupCache(axios.create());
  return async (url) => (await client.get<unknown>(url)).data;
}

export function axiosDisk(name: string): Read {
  const store = createStore(name, "responses");
  const storage = buildStorage({
    find: (key) => get(key, store),
    set: (key, value) => set(key, value, store),
    remove: (key) => del(key, store),
  });
  const client = setupCache(axios.create(), { storage });
  return async (url) => (await client.get<unknown>(url)).data;
}

/** It asks whether it was given one of these, which pages do not have. */
Object.assign(globalThis, { FetchEvent: class extends Event {} });

/** Workbox without a service worker around it: what its cache costs, and nothing of the way there. */
export function workbox(name: string): Read {
  const strategy = new CacheFirst({ cacheName: name });
  return async (url) => {
    const event = Object.assign(new Event("fetch"), { waitUntil: () => undefined });
    const options = { event, request: new Request(url) } as unknown as Parameters<CacheFirst["handle"]>[0]; // No worker's event.
    return (await strategy.handle(options)).json();
  };
}

/** The browser's own cache. */
export const httpCache: Read = getJson;

/** Many entries written by hand, at once or as many together as asked for. */
export async function writeMany(name: string, texts: readonly string[]): Promise<void> {
  const store = createStore(name, "texts");
  await setMany(
    texts.map((text, index): [string, string] => [`/many/${index}`, text]),
    store,
  );
}
