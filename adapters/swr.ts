"use client";

import { useEffect } from "react";
import { unstable_serialize, type Key, type Middleware } from "swr";
import type { ApiCache } from "../browser/index.ts";

/** Part of the value of `<SWRConfig>`. */
export interface ResourceSwr {
  /** For keys that are URLs. */
  readonly fetcher: (url: string) => Promise<unknown>;
  readonly use: Middleware[];
}

/**
 * Lets SWR ask the cache. For keys that are URLs, the first render has what is in memory, and whatever is purged, changed or
 * updated, in whichever tab, is revalidated while it is on screen. SWR's own cache may stay as it is: no provider is needed.
 */
export function resourceSwr(api: Pick<ApiCache, "json" | "peek" | "onChange">): ResourceSwr {
  const live: Middleware = (useSwrNext) =>
    function useLiveSwr(key, fetcher, config) {
      const url = urlOf(key);
      const memory = url === undefined ? undefined : api.peek<never>(url);
      const swr = useSwrNext(
        key,
        fetcher,
        memory === undefined ? config : { fallbackData: memory, ...config },
      );
      const { mutate } = swr;
      useEffect(
        () =>
          url === undefined ? undefined : api.onChange(new URL(url, location.href), () => void mutate()),
        [url, mutate],
      );
      return swr;
    };
  return { fetcher: (url) => api.json(url), use: [live] };
}

/** Keys may be functions, which throw as long as there is none. */
function urlOf(key: Key): string | undefined {
  const text = unstable_serialize(key);
  return /^(\/|https?:)/.test(text) ? text : undefined;
}
