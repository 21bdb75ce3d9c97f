// What the pages of `cache-pages.ts` run: a cache, within reach of `page.evaluate`.
import { createApiCache, type ApiCache, type ApiCacheOptions } from "../../../browser/index.ts";

/** What a page tells of one answer. */
export interface Told {
  readonly text: string;
  /** This cache's word, or the name of what it failed with. */
  readonly word: string;
}

/** What a page has in reach. */
export interface CachePage {
  readonly events: readonly { readonly type: string }[];
  /** Makes the page's cache anew; the partition is named by `user`. */
  open(options: ApiCacheOptions, user?: string): void;
  /** Asks it; never rejects. */
  ask(url: string, init?: RequestInit): Promise<Told>;
  /** Resolves when what was asked for so far is on disk, as far as it gets there. */
  written(): Promise<void>;
}

const events: { readonly type: string }[] = [];
let cache: ApiCache | undefined;

const page: CachePage = {
  events,
  open(options: ApiCacheOptions, user?: string): void {
    cache = createApiCache({
      ...options,
      ...(user === undefined ? {} : { partition: () => user }),
      onEvent: (event) => events.push(event),
    });
  },
  async ask(url: string, init?: RequestInit): Promise<Told> {
    try {
      const response = (await cache?.fetch(url, init)) ?? Response.error();
      const members = response.headers.get("cache-status")?.split("tidemark-browser;") ?? [];
      return { text: await response.text(), word: members.at(-1)?.trim() ?? "" };
    } catch (error) {
      return { text: "", word: error instanceof Error ? error.name : String(error) };
    }
  },
  async written() {
    await cache?.stats();
  },
};
Object.assign(globalThis, page);
