import type { Instant, Selector } from "../src/index.ts";
import type { ApiCache, PrefetchOptions, ResourceState, SubscribeOptions } from "./api-types.ts";
import type { Database } from "./disk/database.ts";
import type { Layer, Overlays } from "./overlays.ts";
import type { Partition } from "./partition.ts";
import type { CacheableRequest } from "./request.ts";
import type { Subscriptions } from "./subscriptions.ts";
import type { Values } from "./values.ts";

/** What a cache gives to the code that comes when it is first called for. */
export interface Core extends Values {
  readonly partition: () => Partition | undefined;
  readonly fetch: ApiCache["fetch"];
  readonly overlays: Overlays;
  readonly watchers: Subscriptions;
}

/** One subscriber's wishes. */
export interface Joining {
  readonly asked: CacheableRequest;
  readonly callback: (state: ResourceState<unknown>) => void;
  readonly options: SubscribeOptions;
  /** What it was told already. */
  readonly told: ResourceState | undefined;
  /** The value that there was then, without what changes show in its place. */
  readonly value: unknown;
}

/** A change under way. */
export interface Change {
  readonly layer: Layer;
  readonly asked: CacheableRequest;
  readonly work: Promise<unknown>;
  /** Whether all tabs know of it: it went through `fetch`. */
  readonly isKnown: () => boolean;
}

/** What not every page needs: it comes by itself, when it is first called for. */
export interface Extras {
  /** Returns what ends it. */
  join(joining: Joining): () => void;
  settle(change: Change): Promise<unknown>;
  prefetch(inputs: Iterable<RequestInfo | URL>, options: PrefetchOptions): Promise<void>;
  keepForgotten(
    database: Database | undefined,
    pairs: readonly (readonly [selector: Selector, at: Instant])[],
  ): Promise<void>;
  close(): void;
}
