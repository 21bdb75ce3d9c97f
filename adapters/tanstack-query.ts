import type { ApiCache } from "../browser/index.ts";

/** Options of a query, as `useQuery` and `queryClient.fetchQuery` of every TanStack Query take them. */
export interface ResourceQuery<T> {
  readonly queryKey: readonly [url: string];
  readonly queryFn: (context: { readonly signal: AbortSignal }) => Promise<T>;
  /** What is in memory: the first render has it. Said to be optional, so that `data` may be `undefined` for the compiler. */
  readonly initialData?: () => T | undefined;
  /** The cache answers without a network, too. */
  readonly networkMode: "offlineFirst";
}

/**
 * A query for a resource: TanStack Query asks, the cache answers by the rules of HTTP. A refetch of what is still fresh costs no
 * request, so `staleTime` may stay 0; a persister is not needed, for the responses are on disk already.
 *
 * @param init goes to `api.json`; name in a key of your own what makes the answer another one, such as `Accept-Language`
 */
export function resourceQuery<T>(
  api: Pick<ApiCache, "json" | "peek">,
  url: string,
  init?: Omit<RequestInit, "signal">,
): ResourceQuery<T> {
  return {
    queryKey: [url],
    queryFn: ({ signal }) => api.json<T>(url, { ...init, signal }),
    initialData: () => api.peek<T>(init === undefined ? url : new Request(url, init)),
    networkMode: "offlineFirst",
  };
}

/** A query in the cache of a `QueryClient`. */
export interface HeedingQuery {
  readonly queryKey: readonly unknown[];
  readonly queryHash: string;
}

/** What is needed of a `QueryClient` of TanStack Query 5. */
export interface HeedingClient<Query extends HeedingQuery> {
  getQueryCache(): {
    getAll(): readonly Query[];
    subscribe(listener: (event: { readonly type: string; readonly query: Query }) => void): () => void;
  };
  invalidateQueries(filters: { readonly queryKey: readonly unknown[]; readonly exact: true }): Promise<void>;
}

/**
 * Invalidates each query whose URL is purged, changed or updated, in whichever tab: those on screen are fetched again, the others
 * when they are used.
 *
 * @param urlOf tells the URL of a query; without it the first part of the key is one if it begins with `/`, `http:` or `https:`
 * @returns what ends it
 */
export function heedChanges<Query extends HeedingQuery>(
  api: Pick<ApiCache, "onChange">,
  queryClient: HeedingClient<Query>,
  urlOf: (query: Query) => string | undefined = urlInKey,
): () => void {
  const queries = queryClient.getQueryCache();
  const stops = new Map<string, () => void>();

  function add(query: Query): void {
    const { queryKey, queryHash } = query;
    const url = stops.has(queryHash) ? undefined : urlOf(query);
    if (url === undefined) return;
    const invalidate = (): void => void queryClient.invalidateQueries({ queryKey, exact: true });
    stops.set(queryHash, api.onChange(new URL(url, location.href), invalidate));
  }

  function remove({ queryHash }: Query): void {
    stops.get(queryHash)?.();
    stops.delete(queryHash);
  }

  for (const query of queries.getAll()) add(query);
  const stop = queries.subscribe(({ type, query }) => {
    if (type === "added") add(query);
    else if (type === "removed") remove(query);
  });
  return () => {
    stop();
    for (const end of stops.values()) end();
    stops.clear();
  };
}

function urlInKey({ queryKey: [first] }: HeedingQuery): string | undefined {
  return typeof first === "string" && /^(\/|https?:)/.test(first) ? first : undefined;
}
