import { afterEach, inject, onTestFinished } from "vitest";
import {
  createApiCache,
  type ApiCache,
  type ApiCacheEvent,
  type ApiCacheOptions,
} from "../../browser/index.ts";
import type { Logged, Scripted } from "./origin-server.ts";

/** A day on which nothing else happened. */
export const NOON = Date.UTC(2026, 5, 1, 12);

let serial = 0;

/** Names that no other test uses, not even in another run of the same browser. */
export function unique(what: string): string {
  serial += 1;
  return `${what}-${crypto.randomUUID().slice(0, 8)}-${serial}`;
}

/** One scripted path of an origin. */
export interface Path {
  readonly url: string;
  /** Replaces the answers to come and empties the log. */
  script(...row: readonly Scripted[]): Promise<void>;
  log(): Promise<readonly Logged[]>;
  /** Lets the held answers go. */
  release(): Promise<void>;
}

/** A path of the page's own origin, or of another one. */
export async function path(
  row: Scripted | readonly Scripted[],
  where: "own" | "elsewhere" = "own",
): Promise<Path> {
  const base = where === "own" ? `${location.origin}/origin` : inject("elsewhere");
  const name = `/${unique("p")}`;
  const control = async (command: string, body?: unknown): Promise<readonly Logged[]> => {
    const init = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await fetch(`${base}/!${command}?${encodeURIComponent(name)}`, {
      method: "POST",
      ...init,
    });
    return (await response.json()) as readonly Logged[]; // Our own server's.
  };
  const made: Path = {
    url: `${base}${name}`,
    script: async (...answers) => void (await control("script", answers)),
    log: () => control("log"),
    release: async () => void (await control("release")),
  };
  await made.script(...(Array.isArray(row) ? (row as readonly Scripted[]) : [row as Scripted]));
  return made;
}

/** A cache with a clock that the test moves and events that it can look at. */
export interface Subject extends ApiCache {
  readonly events: readonly ApiCacheEvent[];
  /** The text of an answer, and this cache's word on it. */
  ask(url: string, init?: RequestInit): Promise<readonly [text: string, word: string]>;
  /** Lets so many seconds pass. */
  pass(seconds: number): void;
  /** Waits for all writes and makes another cache on the same database, as a reload does. */
  reload(changes?: ApiCacheOptions): Promise<Subject>;
}

const open = new Set<ApiCache>();
afterEach(async () => {
  await Promise.all([...open].map((cache) => cache.close()));
  open.clear();
});

export function subject(options: ApiCacheOptions = {}, startAt = NOON): Subject {
  let now = startAt;
  const events: ApiCacheEvent[] = [];
  const name = options.name ?? unique("cache");
  const cache = createApiCache({
    ...options,
    name,
    clock: () => now,
    onEvent: (event) => events.push(event),
  });
  open.add(cache);
  return {
    ...cache,
    events,
    async ask(url, init) {
      const response = await cache.fetch(url, init);
      return [await response.text(), wordOf(response)];
    },
    pass: (seconds) => (now += seconds * 1_000),
    async reload(changes = {}) {
      await cache.close();
      return subject({ ...options, name, ...changes }, now);
    },
  };
}

/** What `indexedDB` is for the rest of a test. */
export function withIndexedDb(value: unknown): void {
  const original = Object.getOwnPropertyDescriptor(globalThis, "indexedDB");
  Object.defineProperty(globalThis, "indexedDB", { value, configurable: true });
  onTestFinished(() => {
    if (original === undefined) Reflect.deleteProperty(globalThis, "indexedDB");
    else Object.defineProperty(globalThis, "indexedDB", original);
  });
}

/** This cache's member of Cache-Status, without its name. */
export function wordOf(response: Response): string {
  const members = response.headers.get("cache-status")?.split(", ") ?? [];
  return (
    members
      .find((member) => member.startsWith("tidemark-browser"))
      ?.replace("tidemark-browser; ", "")
      .replace("tidemark-browser;", "") ?? ""
  );
}

export const types = (events: readonly ApiCacheEvent[]): string[] => events.map(({ type }) => type);

/** Headers of an answer that is fresh for a minute. */
export const fresh = (seconds = 60, more: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  "cache-control": `max-age=${seconds}`,
  ...more,
});
