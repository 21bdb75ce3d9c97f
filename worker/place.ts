import { LRUCache } from "lru-cache";
import { resourceOf, type KeyedResource } from "../src/index.ts";
import type { RequestOptions, RouteFinder } from "./routes.ts";

/** What a URL is to the cache: its resource, and what counts for requests for it. */
export interface Place extends KeyedResource {
  readonly route: RequestOptions;
}

export type PlaceFinder = (url: string) => Place;

/** URLs whose places are remembered, each of so many characters at the most. */
const REMEMBERED = 1_000;
const LONGEST = 2_048;

/** Makes what finds the place of a URL: to read one costs more than all else that a hit takes, and most come again. */
export function placeFinder(routeOf: RouteFinder, spaced: (key: string) => string): PlaceFinder {
  // By size, although each counts the same: room for a number of entries would be taken at once, in every isolate's start.
  const known = new LRUCache<string, Place>({ maxSize: REMEMBERED, sizeCalculation: () => 1 });
  return (url) => {
    const before = known.get(url);
    if (before !== undefined) return before;
    const route = routeOf(url);
    const resource = resourceOf(url, route);
    const place: Place = { route, resource, key: spaced(resource) };
    if (url.length <= LONGEST) known.set(url, place);
    return place;
  };
}
