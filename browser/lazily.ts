import { report } from "../src/index.ts";
import type { ResourceState, SubscribeOptions } from "./api-types.ts";
import type { Core, Extras } from "./core.ts";
import type { CacheableRequest } from "./request.ts";

/** {@link Extras}, called for when they are first wanted. */
export interface LazyExtras extends Pick<Extras, "settle" | "prefetch" | "keepForgotten" | "close"> {
  join(
    asked: CacheableRequest,
    callback: (state: ResourceState) => void,
    options: SubscribeOptions,
  ): () => void;
}

/** How a cache comes by them. */
export type LoadExtras = (core: Core) => Promise<Extras>;

export function lazily(core: Core, loadExtras: LoadExtras): LazyExtras {
  let loaded: Extras | undefined;
  let loading: Promise<Extras> | undefined;
  let isClosed = false;
  /** Who waits for the code; each hears of a resource of which something else is shown. */
  const waiting = new Set<(resource: string) => void>();
  core.overlays.onShown = (resource) => {
    for (const hear of waiting) hear(resource);
  };

  function load(): Promise<Extras> {
    loading ??= loadExtras(core).then(
      (extras) => (loaded = extras),
      (error: unknown) => {
        // It may come the next time.
        loading = undefined;
        throw error;
      },
    );
    return loading;
  }

  /** What a subscriber is told before the code is there that keeps it up to date. */
  function firstState({ resource }: CacheableRequest, seen: ReturnType<Core["heldNow"]>): ResourceState {
    const data = core.overlays.over(resource, seen?.value);
    const isFresh = seen?.isStale === false;
    const status = data === undefined ? "pending" : isFresh ? "fresh" : "stale";
    return { data, status, age: seen?.age, error: undefined, isFetching: !isFresh };
  }

  return {
    join(asked, callback, options) {
      if (loaded !== undefined && !isClosed)
        return loaded.join({ asked, callback, options, told: undefined, value: undefined });
      let value: unknown;
      let told: ResourceState | undefined;
      let failure: Pick<ResourceState, "status" | "error" | "isFetching"> | undefined;
      const tell = (): void => {
        const seen = core.heldNow(asked);
        value = seen?.value;
        told = { ...firstState(asked, seen), ...failure };
        report(callback, told);
      };
      tell();
      if (isClosed) return () => undefined;
      const hear = (resource: string): void => {
        if (resource === asked.resource) tell();
      };
      waiting.add(hear);
      // What one user saw is not kept for the next.
      const ignore = core.watchers.add(asked.url, ({ reason }) => {
        if (reason === "cleared") tell();
      });
      let stop = (): void => {
        waiting.delete(hear);
        ignore();
      };
      load().then(
        ({ join }) => {
          if (!waiting.has(hear)) return;
          stop();
          stop = join({ asked, callback, options, told, value });
        },
        (error: unknown) => {
          failure = { status: "error", error, isFetching: false };
          if (waiting.has(hear)) tell();
        },
      );
      return () => stop();
    },
    async settle(change) {
      const { settle } = await load().catch((error: unknown) => {
        core.overlays.remove(change.layer);
        throw error;
      });
      return settle(change);
    },
    prefetch: async (inputs, options) => (await load()).prefetch(inputs, options),
    keepForgotten: async (database, pairs) => (await load()).keepForgotten(database, pairs),
    close() {
      isClosed = true;
      waiting.clear();
      loaded?.close();
    },
  };
}
